from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
    ]
    operations = [
        rls.isolate("tenants_auditentry"),
    ]
