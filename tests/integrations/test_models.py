import pytest
from django.db import IntegrityError, transaction

from integrations.models import Connection
from tenants.models import Tenant


def test_secrets_are_unreadable_in_the_row(tenant: Tenant) -> None:
    connection = Connection(system="procountor", name="Procountor", environment="test")
    connection.credentials = {"api_key": "very secret"}
    connection.save()

    stored = Connection.objects.get(pk=connection.pk)

    assert "very secret" not in stored.sealed_credentials
    assert stored.credentials == {"api_key": "very secret"}


def test_a_system_has_one_sending_connection(tenant: Tenant) -> None:
    Connection.objects.create(system="procountor", name="One", environment="test")
    Connection.objects.create(system="procountor", name="Old", environment="test", is_active=False)

    with pytest.raises(IntegrityError, match="connection_one_active"), transaction.atomic():
        Connection.objects.create(system="procountor", name="Two", environment="test")
