from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0005_roles"),
    ]
    operations = [
        rls.isolate("tenants_tenantrole"),
    ]
