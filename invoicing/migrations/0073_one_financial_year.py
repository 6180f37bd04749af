"""The first month of the financial year is the company's, for DATEV as for its reports."""

from django.db import migrations

MOVE = """
    UPDATE tenants_tenant tenant SET year_begins = settings.year_begins
    FROM invoicing_datevsettings settings
    WHERE tenant.id = %s AND settings.tenant_id = tenant.id
"""
MOVE_BACK = """
    UPDATE invoicing_datevsettings settings SET year_begins = tenant.year_begins
    FROM tenants_tenant tenant
    WHERE tenant.id = %s AND settings.tenant_id = tenant.id
"""


def in_each_company(statement):
    def move(apps, schema_editor):
        tenants = apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True)
        with schema_editor.connection.cursor() as cursor:
            for tenant_id in list(tenants):
                cursor.execute(f"SET LOCAL app.tenant_id = '{tenant_id}'")
                cursor.execute(statement, [tenant_id])

    return move


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0072_rows_left_out"),
        ("tenants", "0015_financial_year"),
    ]
    operations = [
        migrations.RunPython(in_each_company(MOVE), in_each_company(MOVE_BACK)),
        migrations.RemoveField("datevsettings", "year_begins"),
    ]
