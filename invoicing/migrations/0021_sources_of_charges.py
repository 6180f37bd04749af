import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.base


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0020_more_units"),
        ("tenants", "0008_four_eyes"),
        ("timesheets", "0014_charges"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="source",
            name="of_a_posted_line_on_update",
        ),
        migrations.RemoveConstraint(
            model_name="source",
            name="source_live_with_its_entry",
        ),
        migrations.AddField(
            model_name="addition",
            name="charges",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="charges"),
        ),
        migrations.AddField(
            model_name="source",
            name="charge",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sources",
                to="timesheets.charge",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("charge__isnull", False)),
                fields=["tenant", "charge"],
                name="source_of_charge",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="source",
            trigger=pgtrigger.compiler.Trigger(
                name="of_a_posted_line_on_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT FROM (\n                SELECT before_it.tenant_id, unnest(ARRAY[before_it.line_id, after_it.line_id])\n                        AS line_id\n                    FROM before_it JOIN after_it ON after_it.id = before_it.id\n                    WHERE (\n                                after_it.line_id, after_it.time_entry_id, after_it.charge_id,\n                                after_it.minutes\n                            )\n                            IS DISTINCT FROM\n                            (\n                                before_it.line_id, before_it.time_entry_id, before_it.charge_id,\n                                before_it.minutes\n                            )\n                        OR before_it.released_at IS NOT NULL\n                            AND (after_it.released_at, after_it.freed_by_id)\n                                IS DISTINCT FROM (before_it.released_at, before_it.freed_by_id)\n                ) changed\n                JOIN invoicing_invoiceline line\n                    ON line.tenant_id = changed.tenant_id AND line.id = changed.line_id\n                JOIN invoicing_invoice invoice\n                    ON invoice.tenant_id = line.tenant_id AND invoice.id = line.invoice_id\n                WHERE invoice.status = 'posted'\n            ) THEN\n                RAISE EXCEPTION 'these hours are on a posted invoice'\n                    USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'source_of_a_posted_line_stays';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="a52cc08a90f4bd5d4658b55293d8914ca134b41e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_of_a_posted_line_on_update_316d4",
                    referencing="REFERENCING OLD TABLE AS before_it  NEW TABLE AS after_it ",
                    table="invoicing_source",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                condition=models.Q(("charge__isnull", False), ("released_at", None)),
                fields=("tenant", "charge"),
                name="source_charge_billed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("charge", None), ("time_entry__isnull", False)),
                    models.Q(("charge__isnull", False), ("minutes", 0), ("time_entry", None)),
                    models.Q(
                        ("charge", None), ("released_at__isnull", False), ("time_entry", None)
                    ),
                    _connector="OR",
                ),
                name="source_of_an_hour_or_a_charge",
            ),
        ),
    ]
