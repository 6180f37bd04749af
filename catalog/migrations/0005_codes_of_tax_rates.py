"""Rates that were the usual one after each other become versions of one rate, `STD`."""

from django.db import migrations, models

# Of two usual rates with days in common the later one counted: the other ends before it.
END_BEFORE_THE_NEXT = """
    UPDATE catalog_taxrate earlier SET valid_to = (
        SELECT min(later.valid_from) - 1 FROM catalog_taxrate later
        WHERE later.tenant_id = earlier.tenant_id AND later.is_default
            AND later.valid_from > coalesce(earlier.valid_from, '-infinity')
    )
    WHERE earlier.tenant_id = %s AND earlier.is_default AND EXISTS (
        SELECT FROM catalog_taxrate later
        WHERE later.tenant_id = earlier.tenant_id AND later.is_default
            AND later.valid_from > coalesce(earlier.valid_from, '-infinity')
            AND later.valid_from <= coalesce(earlier.valid_to, 'infinity')
    )
"""
# With the same first day, the one that was written first counted.
ONE_OF_A_DAY = """
    UPDATE catalog_taxrate other SET is_default = false
    WHERE other.tenant_id = %s AND other.is_default AND EXISTS (
        SELECT FROM catalog_taxrate first
        WHERE first.tenant_id = other.tenant_id AND first.is_default AND first.id <> other.id
            AND daterange(first.valid_from, first.valid_to, '[]')
                && daterange(other.valid_from, other.valid_to, '[]')
            AND (first.valid_from IS NOT DISTINCT FROM other.valid_from AND first.id < other.id
                OR first.valid_from IS NULL AND other.valid_from IS NOT NULL)
    )
"""
STANDARD = "UPDATE catalog_taxrate SET code = 'STD' WHERE tenant_id = %s AND is_default"


def name_versions(apps, schema_editor):
    tenants = apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True)
    with schema_editor.connection.cursor() as cursor:
        for tenant_id in list(tenants):
            cursor.execute(f"SET LOCAL app.tenant_id = '{tenant_id}'")
            for statement in (END_BEFORE_THE_NEXT, ONE_OF_A_DAY, STANDARD):
                cursor.execute(statement, [tenant_id])


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_product_isolation"),
        ("tenants", "0014_usual_finnish_accounts"),
    ]
    operations = [
        migrations.RemoveConstraint(model_name="taxrate", name="taxrate_one_default"),
        migrations.AddField(
            model_name="taxrate",
            name="code",
            field=models.CharField(
                blank=True,
                help_text=(
                    "Versions of one rate share it: the tax point decides which of them is meant."
                ),
                max_length=12,
                verbose_name="code",
            ),
        ),
        migrations.RunPython(name_versions, migrations.RunPython.noop),
    ]
