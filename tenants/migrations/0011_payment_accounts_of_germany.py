"""Companies that keep SKR03 get its accounts; the columns began with the Finnish ones."""

from typing import Any

from django.db import migrations

GERMAN = {
    "bank_account": "1200",
    "cash_account": "1000",
    "credit_account": "1700",
    "discount_account": "8730",
    "bank_cost_account": "4970",
    "bad_debt_account": "2400",
}
FINNISH = {
    "bank_account": "1910",
    "cash_account": "1900",
    "credit_account": "2850",
    "discount_account": "3500",
    "bank_cost_account": "8570",
    "bad_debt_account": "3580",
}


def german(apps: Any, schema_editor: Any) -> None:
    tenants = apps.get_model("tenants", "Tenant").objects
    tenants.filter(country="DE", receivables_account="1400", **FINNISH).update(**GERMAN)


def finnish(apps: Any, schema_editor: Any) -> None:
    tenants = apps.get_model("tenants", "Tenant").objects
    tenants.filter(country="DE", receivables_account="1400", **GERMAN).update(**FINNISH)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0010_payment_accounts"),
    ]
    operations = [migrations.RunPython(german, finnish)]
