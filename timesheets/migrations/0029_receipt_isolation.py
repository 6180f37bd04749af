from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0028_receipts"),
    ]
    operations = [
        rls.isolate("timesheets_receipt"),
        rls.tenant_reference("timesheets_receipt", "charge_id", "timesheets_charge", cascades=True),
    ]
