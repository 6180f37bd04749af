from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0030_usage"),
    ]
    operations = [
        rls.isolate("timesheets_usageimport"),
        rls.isolate("timesheets_usagemapping"),
        rls.isolate("timesheets_usagerecord"),
        rls.isolate("timesheets_usageproblem"),
        rls.isolate("timesheets_usagecharge"),
        rls.tenant_reference("timesheets_usagerecord", "usage_import_id", "timesheets_usageimport"),
        rls.tenant_reference("timesheets_usagerecord", "customer_id", "customers_customer"),
        rls.tenant_reference(
            "timesheets_usageproblem",
            "usage_import_id",
            "timesheets_usageimport",
            cascades=True,
        ),
        rls.tenant_reference("timesheets_usagecharge", "customer_id", "customers_customer"),
        rls.tenant_reference("timesheets_usagecharge", "charge_id", "timesheets_charge"),
    ]
