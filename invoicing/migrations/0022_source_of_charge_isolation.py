from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0021_sources_of_charges"),
    ]
    operations = [
        rls.tenant_reference("invoicing_source", "charge_id", "timesheets_charge"),
    ]
