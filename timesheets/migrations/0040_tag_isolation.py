from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0039_tags"),
    ]
    operations = [
        rls.isolate("timesheets_tag"),
        rls.tenant_reference("timesheets_tag", "merged_into_id", "timesheets_tag"),
        rls.isolate("timesheets_entrytag"),
        rls.tenant_reference("timesheets_entrytag", "tag_id", "timesheets_tag"),
        rls.tenant_reference(
            "timesheets_entrytag", "time_entry_id", "timesheets_timeentry", cascades=True
        ),
    ]
