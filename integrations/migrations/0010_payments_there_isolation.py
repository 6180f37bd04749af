from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0009_payments_there"),
    ]
    operations = [
        rls.isolate("integrations_paymentthere"),
        rls.tenant_reference("integrations_paymentthere", "export_id", "integrations_export"),
        rls.tenant_reference("integrations_paymentthere", "payment_id", "invoicing_payment"),
    ]
