from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0040_sending_runs"),
    ]
    operations = [
        rls.isolate("invoicing_sendingrun"),
        rls.isolate("invoicing_sendingrunitem"),
        rls.tenant_reference("invoicing_sendingrunitem", "run_id", "invoicing_sendingrun"),
        rls.tenant_reference("invoicing_sendingrunitem", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_sendingrunitem", "sending_id", "invoicing_sending"),
    ]
