from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0091_template_of_a_document"),
    ]
    operations = [
        rls.tenant_reference("invoicing_invoice", "template_id", "invoicing_documenttemplate"),
        rls.tenant_reference(
            "invoicing_invoice", "template_version_id", "invoicing_documenttemplateversion"
        ),
    ]
