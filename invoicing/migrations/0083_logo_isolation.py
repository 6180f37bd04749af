from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0082_logos"),
    ]
    operations = [
        rls.isolate("invoicing_logo"),
    ]
