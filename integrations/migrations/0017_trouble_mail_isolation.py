from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0016_trouble_mail"),
    ]
    operations = [
        rls.isolate("integrations_troublemail"),
        rls.tenant_reference("integrations_troublemail", "member_id", "tenants_membership"),
    ]
