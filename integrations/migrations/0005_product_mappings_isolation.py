from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_product_mappings"),
    ]
    operations = [
        rls.isolate("integrations_productmapping"),
        rls.isolate("integrations_turn"),
        rls.tenant_reference(
            "integrations_productmapping", "connection_id", "integrations_connection"
        ),
        rls.tenant_reference("integrations_productmapping", "product_id", "catalog_product"),
        rls.tenant_reference("integrations_productmapping", "task_id", "timesheets_task"),
        rls.tenant_reference("integrations_productmapping", "tax_rate_id", "catalog_taxrate"),
    ]
