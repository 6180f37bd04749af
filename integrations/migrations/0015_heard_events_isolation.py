from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0014_heard_events"),
    ]
    operations = [
        rls.isolate("integrations_heardevent"),
        rls.tenant_reference("integrations_heardevent", "connection_id", "integrations_connection"),
    ]
