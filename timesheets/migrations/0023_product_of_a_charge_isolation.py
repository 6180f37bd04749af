from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_product_isolation"),
        ("timesheets", "0022_product_of_a_charge"),
    ]
    operations = [
        rls.tenant_reference("timesheets_charge", "product_id", "catalog_product"),
    ]
