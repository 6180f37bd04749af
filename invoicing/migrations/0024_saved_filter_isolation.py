from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0023_saved_filters_and_bundles"),
    ]
    operations = [
        rls.isolate("invoicing_savedfilter"),
        rls.isolate("invoicing_documentbundle"),
    ]
