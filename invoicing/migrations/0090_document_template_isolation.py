from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0089_document_templates"),
    ]
    operations = [
        rls.isolate("invoicing_documenttemplate"),
        rls.isolate("invoicing_documenttemplateversion"),
        rls.isolate("invoicing_templatechoice"),
        rls.tenant_reference(
            "invoicing_documenttemplateversion", "template_id", "invoicing_documenttemplate"
        ),
        rls.tenant_reference(
            "invoicing_templatechoice", "template_id", "invoicing_documenttemplate"
        ),
        rls.tenant_reference("invoicing_templatechoice", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_templatechoice", "project_id", "customers_project"),
    ]
