from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0057_accounts"),
    ]
    operations = [
        rls.isolate("invoicing_account"),
    ]
