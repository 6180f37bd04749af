from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0049_schedules"),
    ]
    operations = [
        rls.isolate("invoicing_schedule"),
        rls.isolate("invoicing_scheduletarget"),
        rls.isolate("invoicing_invoicingrun"),
        rls.isolate("invoicing_invoicingrunitem"),
        rls.tenant_reference(
            "invoicing_scheduletarget", "schedule_id", "invoicing_schedule", cascades=True
        ),
        rls.tenant_reference(
            "invoicing_scheduletarget", "customer_id", "customers_customer", cascades=True
        ),
        rls.tenant_reference(
            "invoicing_scheduletarget", "group_id", "customers_customergroup", cascades=True
        ),
        rls.tenant_reference(
            "invoicing_scheduletarget", "project_id", "customers_project", cascades=True
        ),
        rls.tenant_reference("invoicing_invoicingrun", "schedule_id", "invoicing_schedule"),
        rls.tenant_reference("invoicing_invoicingrunitem", "run_id", "invoicing_invoicingrun"),
        rls.tenant_reference("invoicing_invoicingrunitem", "schedule_id", "invoicing_schedule"),
        rls.tenant_reference("invoicing_invoicingrunitem", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_invoicingrunitem", "order_id", "timesheets_serviceorder"),
        rls.tenant_reference("invoicing_invoicingrunitem", "invoice_id", "invoicing_invoice"),
    ]
