from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0016_document_index"),
    ]
    operations = [
        rls.isolate("invoicing_documentindex"),
        rls.tenant_reference(
            "invoicing_documentindex", "invoice_id", "invoicing_invoice", cascades=True
        ),
    ]
