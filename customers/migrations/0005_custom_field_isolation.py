from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_custom_fields"),
    ]
    operations = [
        rls.isolate("customers_customfield"),
    ]
