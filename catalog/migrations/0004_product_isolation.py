from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_products"),
    ]
    operations = [
        rls.isolate("catalog_product"),
        rls.tenant_reference("catalog_product", "tax_rate_id", "catalog_taxrate"),
        *[
            operation
            for table in ("catalog_productname", "catalog_productprice")
            for operation in (
                rls.isolate(table),
                rls.tenant_reference(table, "product_id", "catalog_product", cascades=True),
            )
        ],
    ]
