from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0012_sent_forms"),
    ]
    operations = [rls.isolate("tenants_sentform")]
