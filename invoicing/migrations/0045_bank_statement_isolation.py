from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0044_bank_statements")]

    operations = [
        rls.isolate("invoicing_bankaccount"),
        rls.isolate("invoicing_csvlayout"),
        rls.isolate("invoicing_statementimport"),
        rls.isolate("invoicing_bankstatement"),
        rls.isolate("invoicing_bankline"),
        rls.isolate("invoicing_banklinepayment"),
        rls.tenant_reference("invoicing_csvlayout", "account_id", "invoicing_bankaccount"),
        rls.tenant_reference("invoicing_statementimport", "layout_id", "invoicing_csvlayout"),
        rls.tenant_reference("invoicing_bankstatement", "source_id", "invoicing_statementimport"),
        rls.tenant_reference("invoicing_bankstatement", "account_id", "invoicing_bankaccount"),
        rls.tenant_reference("invoicing_bankline", "source_id", "invoicing_statementimport"),
        rls.tenant_reference("invoicing_bankline", "statement_id", "invoicing_bankstatement"),
        rls.tenant_reference("invoicing_bankline", "account_id", "invoicing_bankaccount"),
        rls.tenant_reference("invoicing_banklinepayment", "line_id", "invoicing_bankline"),
        rls.tenant_reference("invoicing_banklinepayment", "payment_id", "invoicing_payment"),
    ]
