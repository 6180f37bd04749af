from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0008_hours_reminder"),
    ]
    operations = [
        rls.isolate("timesheets_hoursreminder"),
        rls.tenant_reference("timesheets_hoursreminder", "member_id", "tenants_membership"),
    ]
