"""A number is one product's in whatever letters. Of earlier ones that differ in letters only, the
first keeps its number and the others get their place after it."""

import django.db.models.functions.text
from django.db import migrations, models

APART = """
    UPDATE catalog_product product SET number = left(product.number, 28) || '-' || product.id
    WHERE product.tenant_id = %s AND EXISTS (
        SELECT FROM catalog_product earlier
        WHERE earlier.tenant_id = product.tenant_id AND earlier.id < product.id
            AND upper(earlier.number) = upper(product.number)
    )
"""


def tell_apart(apps, schema_editor):
    tenants = apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True)
    with schema_editor.connection.cursor() as cursor:
        for tenant_id in list(tenants):
            cursor.execute(f"SET LOCAL app.tenant_id = '{tenant_id}'")
            cursor.execute(APART, [tenant_id])


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_tax_rates_one_a_day"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                django.db.models.functions.text.Upper("number"),
                name="product_number_in_any_letters",
                violation_error_message="Another product has this number.",
            ),
        ),
    ]
