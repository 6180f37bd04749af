from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0001_initial"),
    ]
    operations = [
        rls.isolate("timesheets_task"),
        rls.isolate("timesheets_rate"),
        rls.isolate("timesheets_timeentry"),
        rls.isolate("timesheets_hourslock"),
        rls.tenant_reference("timesheets_task", "project_id", "customers_project"),
        rls.tenant_reference("timesheets_rate", "customer_id", "customers_customer"),
        rls.tenant_reference("timesheets_rate", "project_id", "customers_project"),
        rls.tenant_reference("timesheets_rate", "task_id", "timesheets_task"),
        rls.tenant_reference("timesheets_rate", "member_id", "tenants_membership"),
        rls.tenant_reference("timesheets_timeentry", "member_id", "tenants_membership"),
        rls.tenant_reference("timesheets_timeentry", "project_id", "customers_project"),
        rls.tenant_reference("timesheets_timeentry", "task_id", "timesheets_task"),
        rls.tenant_reference("timesheets_hourslock", "member_id", "tenants_membership"),
        rls.tenant_reference("timesheets_hourslock", "project_id", "customers_project"),
    ]
