from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0053_reminders"),
    ]
    operations = [
        rls.isolate("invoicing_reminderterms"),
        rls.isolate("invoicing_reminderlevel"),
        rls.isolate("invoicing_remindertext"),
        rls.isolate("invoicing_referencerate"),
        rls.isolate("invoicing_reminder"),
        rls.isolate("invoicing_dispute"),
        rls.tenant_reference("invoicing_reminderlevel", "terms_id", "invoicing_reminderterms"),
        rls.tenant_reference("invoicing_reminder", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_dispute", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_sending", "reminder_id", "invoicing_reminder"),
    ]
