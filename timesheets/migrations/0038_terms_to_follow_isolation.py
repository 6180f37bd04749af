from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0037_terms_to_follow"),
    ]
    operations = [
        rls.isolate("timesheets_termstofollow"),
        rls.tenant_reference("timesheets_termstofollow", "customer_id", "customers_customer"),
    ]
