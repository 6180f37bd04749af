import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("customers", "0008_project_of_its_customer"),
        ("tenants", "0013_sent_form_isolation"),
        ("timesheets", "0023_product_of_a_charge_isolation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="charge",
            name="charge_read_only_when_settled",
        ),
        migrations.AddField(
            model_name="charge",
            name="end_date",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="to"),
        ),
        migrations.AddField(
            model_name="charge",
            name="start_date",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="from"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="charge",
            trigger=pgtrigger.compiler.Trigger(
                name="charge_read_only_when_settled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"billing_state\" = 'open'))",
                    func="\n                    IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.customer_id, NEW.project_id, NEW.member_id, NEW.charge_date, NEW.start_date, NEW.end_date, NEW.text, NEW.destination, NEW.quantity, NEW.unit, NEW.unit_price, NEW.tax_rate_id, NEW.account, NEW.is_billable, NEW.service_order_id, NEW.product_id)\n                        IS NOT DISTINCT FROM\n                        (OLD.kind, OLD.customer_id, OLD.project_id, OLD.member_id, OLD.charge_date, OLD.start_date, OLD.end_date, OLD.text, OLD.destination, OLD.quantity, OLD.unit, OLD.unit_price, OLD.tax_rate_id, OLD.account, OLD.is_billable, OLD.service_order_id, OLD.product_id)\n                    THEN\n                        RETURN NEW;\n                    END IF;\n                    RAISE EXCEPTION 'charge % is on a document or settled', OLD.id\n                        USING ERRCODE = 'check_violation', CONSTRAINT = 'charge_read_only';\n                ",
                    hash="05f57d4006d7e8ed0b684d8e33015fa6bf92f97f",
                    operation='UPDATE OF "kind", "customer_id", "project_id", "member_id", "charge_date", "start_date", "end_date", "text", "destination", "quantity", "unit", "unit_price", "tax_rate_id", "account", "is_billable", "service_order_id", "product_id" OR DELETE',
                    pgid="pgtrigger_charge_read_only_when_settled_bdcf5",
                    table="timesheets_charge",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_date", None), ("start_date", None)),
                    models.Q(
                        ("end_date__gte", models.F("start_date")), ("start_date__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="charge_days_in_order",
            ),
        ),
    ]
