from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
    ]
    operations = [
        rls.isolate("catalog_taxrate"),
    ]
