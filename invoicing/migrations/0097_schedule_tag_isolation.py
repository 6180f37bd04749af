from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0096_schedule_tags"),
    ]
    operations = [
        rls.isolate("invoicing_scheduletag"),
        rls.tenant_reference("invoicing_scheduletag", "schedule_id", "invoicing_schedule"),
        rls.tenant_reference("invoicing_scheduletag", "tag_id", "timesheets_tag"),
    ]
