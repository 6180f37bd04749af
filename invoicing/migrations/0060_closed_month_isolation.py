from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0059_closed_months"),
    ]
    operations = [
        rls.isolate("invoicing_periodclosing"),
    ]
