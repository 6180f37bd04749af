from django.db import migrations

from tenants import rls

REFERENCES = {
    "customer_id": "customers_customer",
    "project_id": "customers_project",
    "technician_id": "tenants_membership",
    "clock_member_id": "tenants_membership",
}


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0019_work_of_service_orders"),
    ]
    operations = [
        rls.isolate("timesheets_serviceorder"),
        *[
            rls.tenant_reference("timesheets_serviceorder", column, target)
            for column, target in REFERENCES.items()
        ],
        rls.isolate("timesheets_serviceordercounter"),
        rls.isolate("timesheets_serviceorderphoto"),
        rls.tenant_reference(
            "timesheets_serviceorderphoto", "order_id", "timesheets_serviceorder", cascades=True
        ),
        rls.tenant_reference("timesheets_timeentry", "service_order_id", "timesheets_serviceorder"),
        rls.tenant_reference("timesheets_charge", "service_order_id", "timesheets_serviceorder"),
    ]
