from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0077_statements_sent"),
    ]
    operations = [
        rls.isolate("invoicing_statementsending"),
        rls.tenant_reference("invoicing_statementsending", "customer_id", "customers_customer"),
    ]
