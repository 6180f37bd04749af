from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0011_signing_in"),
    ]
    operations = [
        rls.isolate("integrations_signin"),
        rls.tenant_reference("integrations_signin", "connection_id", "integrations_connection"),
    ]
