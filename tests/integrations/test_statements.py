"""What one document asks of the database: pinned, because there are thousands of them."""

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.domain.sending import send_export
from integrations.models import Connection, Export
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, posted, send

STEPS = ["create", "attach", "approve", "send"]
TO_CLAIM = 3
OF_EACH_STEP = 2
TO_SETTLE = 3


def test_a_document_asks_few_statements(connection: Connection, sandbox: ProcountorSandbox) -> None:
    buyer = CustomerFactory()
    link(connection, buyer)
    send(Export.objects.get(invoice=posted(customer=buyer)))
    export = Export.objects.get(invoice=posted(customer=buyer))
    Export.objects.filter(pk=export.pk).update(next_attempt_at=export.created_at)

    with CaptureQueriesContext(database) as asked:
        send_export(tenant_id=export.tenant_id, export_id=export.pk)

    export.refresh_from_db()
    assert export.status == Export.Status.SENT
    assert [step.key for step in export.steps.all()] == STEPS
    plain = [
        query["sql"]
        for query in asked.captured_queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "SET "))
    ]
    assert len(plain) == TO_CLAIM + len(STEPS) * OF_EACH_STEP + TO_SETTLE, "\n".join(plain)
