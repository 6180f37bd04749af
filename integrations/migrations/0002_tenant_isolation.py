from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_connections_and_exports"),
    ]
    operations = [
        rls.isolate("integrations_connection"),
        rls.isolate("integrations_customerlink"),
        rls.isolate("integrations_export"),
        rls.isolate("integrations_exportstep"),
        rls.isolate("integrations_exportattempt"),
        rls.tenant_reference(
            "integrations_customerlink", "connection_id", "integrations_connection"
        ),
        rls.tenant_reference("integrations_customerlink", "customer_id", "customers_customer"),
        rls.tenant_reference("integrations_export", "connection_id", "integrations_connection"),
        rls.tenant_reference("integrations_export", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("integrations_exportstep", "export_id", "integrations_export"),
        rls.tenant_reference("integrations_exportattempt", "export_id", "integrations_export"),
    ]
