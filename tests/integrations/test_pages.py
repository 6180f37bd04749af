"""The pages of this room: who may open them, what they show and refuse."""

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.models import Connection, Export
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from tenants.models import Membership
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, posted, send

SignIn = Callable[[Membership], Client]
pytestmark = pytest.mark.usefixtures("tenant")


def test_a_connection_is_entered_tested_and_never_shown_again(
    accountant: Membership, signed_in: SignIn, sandbox: ProcountorSandbox
) -> None:
    client = signed_in(accountant)
    entered = {
        "name": "Our Procountor",
        "environment": "sandbox",
        "client_id": "laskuri",
        "client_secret": "laskuri-sandbox",
        "api_key": "kuusi-api-key",
        "unlinked": "hold",
        "until": "send",
        "channel": "AUTO",
        "send_pdf": "yes",
    }
    tried = client.post("/acme/accounting/check/procountor/", entered)
    assert "Kuusi Ohjelmistot Oy" in tried.content.decode()
    assert not Connection.objects.exists()

    page = client.post("/acme/accounting/new/procountor/", entered, follow=True).content.decode()

    assert "connected to Kuusi Ohjelmistot Oy" in page
    assert "31 EU community sales (service)" in page
    for secret in ("laskuri-sandbox", "kuusi-api-key"):
        assert secret not in page
    made = Connection.objects.get()
    assert made.credentials["api_key"] == "kuusi-api-key"
    assert made.remote["company"] == "Kuusi Ohjelmistot Oy"


def test_every_page_opens(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    invoice = posted()
    export = Export.objects.get()
    send(export)
    link(connection, CustomerFactory())
    client = signed_in(accountant)
    customer = invoice.customer_id
    for path in (
        "accounting/",
        "accounting/new/procountor/",
        f"accounting/{connection.pk}/",
        f"accounting/{connection.pk}/customers/",
        f"accounting/{connection.pk}/customers/guesses/?pk={customer}",
        f"customers/{customer}/accounting/",
        f"customers/{customer}/?tab=systems",
        f"customers/{customer}/accounting/{connection.pk}/search/",
        f"customers/{customer}/accounting/{connection.pk}/link/?remote=70001",
        f"customers/{customer}/accounting/{connection.pk}/create/",
        "exports/",
        "exports/?state=attention",
        f"exports/changes/?pk={export.pk}",
        f"exports/{export.pk}/",
        f"invoices/{invoice.pk}/exports/",
    ):
        response = client.get(f"/acme/{path}")
        assert response.status_code == 200, path
