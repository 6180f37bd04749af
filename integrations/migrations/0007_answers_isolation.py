from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0006_answers_and_numbers_there"),
    ]
    operations = [
        rls.isolate("integrations_documentanswers"),
        rls.tenant_reference(
            "integrations_documentanswers", "connection_id", "integrations_connection"
        ),
        rls.tenant_reference("integrations_documentanswers", "invoice_id", "invoicing_invoice"),
    ]
