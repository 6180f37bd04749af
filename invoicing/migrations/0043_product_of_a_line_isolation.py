from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_product_isolation"),
        ("invoicing", "0042_product_of_a_line"),
    ]
    operations = [
        rls.tenant_reference("invoicing_invoiceline", "product_id", "catalog_product"),
    ]
