import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.base
from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0010_composing_isolation"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="freed_by",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="freed",
                to="invoicing.invoiceline",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="time_entry",
            field=tenants.base.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sources",
                to="timesheets.timeentry",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("freed_by__isnull", False)),
                fields=["tenant", "freed_by"],
                name="source_freed_by",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="source",
            trigger=pgtrigger.compiler.Trigger(
                name="of_a_posted_line_on_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT FROM (SELECT DISTINCT tenant_id, line_id FROM after_it) changed\n                JOIN invoicing_invoiceline line\n                    ON line.tenant_id = changed.tenant_id AND line.id = changed.line_id\n                JOIN invoicing_invoice invoice\n                    ON invoice.tenant_id = line.tenant_id AND invoice.id = line.invoice_id\n                WHERE invoice.status = 'posted'\n            ) THEN\n                RAISE EXCEPTION 'these hours are on a posted invoice'\n                    USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'source_of_a_posted_line_stays';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="9f46894572ae3448e84f73d404c8db8600b4d837",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_of_a_posted_line_on_insert_b541f",
                    referencing="REFERENCING NEW TABLE AS after_it ",
                    table="invoicing_source",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="source",
            trigger=pgtrigger.compiler.Trigger(
                name="of_a_posted_line_on_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT FROM (\n                SELECT before_it.tenant_id, unnest(ARRAY[before_it.line_id, after_it.line_id])\n                        AS line_id\n                    FROM before_it JOIN after_it ON after_it.id = before_it.id\n                    WHERE (after_it.line_id, after_it.time_entry_id, after_it.minutes)\n                            IS DISTINCT FROM\n                            (before_it.line_id, before_it.time_entry_id, before_it.minutes)\n                        OR before_it.released_at IS NOT NULL\n                            AND (after_it.released_at, after_it.freed_by_id)\n                                IS DISTINCT FROM (before_it.released_at, before_it.freed_by_id)\n                ) changed\n                JOIN invoicing_invoiceline line\n                    ON line.tenant_id = changed.tenant_id AND line.id = changed.line_id\n                JOIN invoicing_invoice invoice\n                    ON invoice.tenant_id = line.tenant_id AND invoice.id = line.invoice_id\n                WHERE invoice.status = 'posted'\n            ) THEN\n                RAISE EXCEPTION 'these hours are on a posted invoice'\n                    USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'source_of_a_posted_line_stays';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="982fed75a9f2ae963f8327c1f9ddd157ad2f80d0",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_of_a_posted_line_on_update_316d4",
                    referencing="REFERENCING OLD TABLE AS before_it  NEW TABLE AS after_it ",
                    table="invoicing_source",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="source",
            trigger=pgtrigger.compiler.Trigger(
                name="of_a_posted_line_on_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT FROM (SELECT DISTINCT tenant_id, line_id FROM before_it) changed\n                JOIN invoicing_invoiceline line\n                    ON line.tenant_id = changed.tenant_id AND line.id = changed.line_id\n                JOIN invoicing_invoice invoice\n                    ON invoice.tenant_id = line.tenant_id AND invoice.id = line.invoice_id\n                WHERE invoice.status = 'posted'\n            ) THEN\n                RAISE EXCEPTION 'these hours are on a posted invoice'\n                    USING ERRCODE = 'check_violation',\n                        CONSTRAINT = 'source_of_a_posted_line_stays';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="e0bba15527b288e055280f1440ce0a373674a5a4",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_of_a_posted_line_on_delete_baffb",
                    referencing="REFERENCING OLD TABLE AS before_it ",
                    table="invoicing_source",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("time_entry__isnull", False), ("released_at__isnull", False), _connector="OR"
                ),
                name="source_live_with_its_entry",
            ),
        ),
        rls.tenant_reference("invoicing_source", "freed_by_id", "invoicing_invoiceline"),
    ]
