import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.base


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0018_service_orders"),
    ]
    operations = [
        migrations.AddField(
            model_name="charge",
            name="service_order",
            field=tenants.base.TenantForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_set",
                to="timesheets.serviceorder",
                verbose_name="service order",
            ),
        ),
        migrations.AddField(
            model_name="timeentry",
            name="service_order",
            field=tenants.base.TenantForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_set",
                to="timesheets.serviceorder",
                verbose_name="service order",
            ),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="charge",
            name="charge_read_only_when_settled",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="timeentry",
            name="read_only_when_locked_or_billed",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="charge",
            trigger=pgtrigger.compiler.Trigger(
                name="charge_read_only_when_settled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"billing_state\" = 'open'))",
                    func="\n                    IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.customer_id, NEW.project_id, NEW.member_id, NEW.charge_date, NEW.text, NEW.destination, NEW.quantity, NEW.unit, NEW.unit_price, NEW.tax_rate_id, NEW.account, NEW.is_billable, NEW.service_order_id)\n                        IS NOT DISTINCT FROM\n                        (OLD.kind, OLD.customer_id, OLD.project_id, OLD.member_id, OLD.charge_date, OLD.text, OLD.destination, OLD.quantity, OLD.unit, OLD.unit_price, OLD.tax_rate_id, OLD.account, OLD.is_billable, OLD.service_order_id)\n                    THEN\n                        RETURN NEW;\n                    END IF;\n                    RAISE EXCEPTION 'charge % is on a document or settled', OLD.id\n                        USING ERRCODE = 'check_violation', CONSTRAINT = 'charge_read_only';\n                ",
                    hash="c55a9224c4482ba1dfe58b26d4ac997f10063ceb",
                    operation='UPDATE OF "kind", "customer_id", "project_id", "member_id", "charge_date", "text", "destination", "quantity", "unit", "unit_price", "tax_rate_id", "account", "is_billable", "service_order_id" OR DELETE',
                    pgid="pgtrigger_charge_read_only_when_settled_bdcf5",
                    table="timesheets_charge",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="timeentry",
            trigger=pgtrigger.compiler.Trigger(
                name="read_only_when_locked_or_billed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."is_locked" OR NOT (OLD."billing_state" = \'open\'))',
                    func="\n                    IF TG_OP = 'DELETE' THEN\n                        RAISE EXCEPTION 'time entry % is locked or on a document', OLD.id\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'timeentry_read_only';\n                    END IF;\n                    IF (NEW.member_id, NEW.project_id, NEW.task_id, NEW.work_date, NEW.minutes, NEW.start_time, NEW.end_time, NEW.description, NEW.rate, NEW.custom_values, NEW.service_order_id)\n                        IS DISTINCT FROM (OLD.member_id, OLD.project_id, OLD.task_id, OLD.work_date, OLD.minutes, OLD.start_time, OLD.end_time, OLD.description, OLD.rate, OLD.custom_values, OLD.service_order_id)\n                        -- A lock holds what was worked; whether it is billed is decided later.\n                        OR (NEW.is_billable <> OLD.is_billable AND OLD.billing_state <> 'open')\n                    THEN\n                        RAISE EXCEPTION 'time entry % is locked or on a document', OLD.id\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'timeentry_read_only';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="5252201539654f0f4119d950dbe10ffba1eab565",
                    operation='UPDATE OF "member_id", "project_id", "task_id", "work_date", "minutes", "start_time", "end_time", "description", "rate", "custom_values", "service_order_id", "is_billable" OR DELETE',
                    pgid="pgtrigger_read_only_when_locked_or_billed_e8714",
                    table="timesheets_timeentry",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("service_order__isnull", False)),
                fields=["tenant", "service_order"],
                name="charge_of_order",
            ),
        ),
        migrations.AddIndex(
            model_name="timeentry",
            index=models.Index(
                condition=models.Q(("service_order__isnull", False)),
                fields=["tenant", "service_order"],
                name="timeentry_of_order",
            ),
        ),
    ]
