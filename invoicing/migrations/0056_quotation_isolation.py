from django.db import migrations

from tenants import rls

REFERENCES = {
    "invoicing_quotation": {
        "previous_id": "invoicing_quotation",
        "customer_id": "customers_customer",
        "project_id": "customers_project",
        "service_order_id": "timesheets_serviceorder",
    },
    "invoicing_quotationline": {
        "quotation_id": "invoicing_quotation",
        "tax_rate_id": "catalog_taxrate",
        "product_id": "catalog_product",
    },
    "invoicing_quotationcounter": {},
    "invoicing_quotationsending": {"quotation_id": "invoicing_quotation"},
}


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_product_isolation"),
        ("invoicing", "0055_quotations"),
    ]
    operations = [
        *[rls.isolate(table) for table in REFERENCES],
        *[
            rls.tenant_reference(table, column, target)
            for table, columns in REFERENCES.items()
            for column, target in columns.items()
        ],
    ]
