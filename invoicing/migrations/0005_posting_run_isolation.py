from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0004_posting_runs"),
    ]
    operations = [
        rls.isolate("invoicing_postingrun"),
        rls.isolate("invoicing_postingrunitem"),
        rls.tenant_reference("invoicing_postingrunitem", "run_id", "invoicing_postingrun"),
        rls.tenant_reference("invoicing_postingrunitem", "invoice_id", "invoicing_invoice"),
    ]
