from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0004_time_import"),
    ]
    operations = [
        rls.isolate("timesheets_timeimport"),
        rls.tenant_reference("timesheets_timeentry", "time_import_id", "timesheets_timeimport"),
    ]
