from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0026_sendings"),
    ]
    operations = [
        rls.isolate("invoicing_sending"),
        rls.isolate("invoicing_sendingattempt"),
        rls.tenant_reference("invoicing_sending", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_sendingattempt", "sending_id", "invoicing_sending"),
    ]
