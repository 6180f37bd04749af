import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.base
from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0006_discarded_drafts"),
    ]
    operations = [
        migrations.AddField(
            model_name="invoice",
            name="corrects",
            field=tenants.base.TenantForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_notes",
                to="invoicing.invoice",
                verbose_name="corrects",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="is_cancellation",
            field=models.BooleanField(default=False, editable=False, verbose_name="cancels"),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="reason"),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="corrects_line",
            field=tenants.base.TenantForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_lines",
                to="invoicing.invoiceline",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("corrects__isnull", False)),
                fields=["tenant", "corrects"],
                include=("status", "is_cancellation", "gross_total"),
                name="invoice_corrected_by",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="corrects_a_posted_invoice",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"kind\" = 'credit_note')",
                    func="\n                    IF NOT EXISTS (\n                        SELECT FROM invoicing_invoice corrected\n                        WHERE corrected.tenant_id = NEW.tenant_id\n                            AND corrected.id = NEW.corrects_id\n                            AND corrected.kind = 'invoice' AND corrected.status = 'posted'\n                            AND corrected.customer_id = NEW.customer_id\n                            AND corrected.currency = NEW.currency\n                    ) THEN\n                        RAISE EXCEPTION\n                            'a credit note is for a posted invoice of its customer and currency'\n                            USING ERRCODE = 'check_violation',\n                                CONSTRAINT = 'invoice_corrects_its_like';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="962842b06abcbb6f096a9e1cb53af401d0c6e857",
                    operation='INSERT OR UPDATE OF "corrects_id", "kind", "customer_id", "currency"',
                    pgid="pgtrigger_corrects_a_posted_invoice_bbe80",
                    table="invoicing_invoice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="credits_at_most_what_is_left",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"kind\" = 'credit_note' AND NEW.\"status\" = 'posted')",
                    func="\n                    PERFORM FROM invoicing_invoice\n                        WHERE tenant_id = NEW.tenant_id AND id = NEW.corrects_id FOR UPDATE;\n                    IF EXISTS (\n                        SELECT FROM invoicing_invoiceline line\n                        LEFT JOIN invoicing_invoiceline corrected\n                            ON corrected.tenant_id = line.tenant_id\n                            AND corrected.id = line.corrects_line_id\n                            AND corrected.invoice_id = NEW.corrects_id\n                        WHERE line.tenant_id = NEW.tenant_id AND line.invoice_id = NEW.id\n                            AND line.kind = 'item' AND corrected.id IS NULL\n                    ) OR EXISTS (\n                        SELECT FROM invoicing_invoiceline corrected\n                        JOIN invoicing_invoiceline line\n                            ON line.tenant_id = corrected.tenant_id\n                            AND line.corrects_line_id = corrected.id\n                        JOIN invoicing_invoice note\n                            ON note.tenant_id = line.tenant_id AND note.id = line.invoice_id\n                            AND note.status = 'posted'\n                        WHERE corrected.tenant_id = NEW.tenant_id\n                            AND corrected.invoice_id = NEW.corrects_id\n                        GROUP BY corrected.id, corrected.net, corrected.quantity\n                        HAVING sum(line.net)\n                                NOT BETWEEN SYMMETRIC 0 AND corrected.net\n                            OR sum(line.quantity)\n                                NOT BETWEEN SYMMETRIC 0 AND corrected.quantity\n                    ) OR EXISTS (\n                        SELECT FROM invoicing_invoicetax given\n                        JOIN invoicing_invoice note\n                            ON note.tenant_id = given.tenant_id AND note.id = given.invoice_id\n                            AND note.status = 'posted' AND note.corrects_id = NEW.corrects_id\n                        LEFT JOIN invoicing_invoicetax charged\n                            ON charged.tenant_id = given.tenant_id\n                            AND charged.invoice_id = NEW.corrects_id\n                            AND charged.category = given.category\n                            AND charged.percent = given.percent\n                        WHERE given.tenant_id = NEW.tenant_id\n                        GROUP BY charged.id, charged.taxable, charged.tax\n                        HAVING sum(given.taxable)\n                                NOT BETWEEN SYMMETRIC 0 AND coalesce(charged.taxable, 0)\n                            OR sum(given.tax) NOT BETWEEN SYMMETRIC 0 AND coalesce(charged.tax, 0)\n                    ) THEN\n                        RAISE EXCEPTION 'credit note % takes back more than is left', NEW.number\n                            USING ERRCODE = 'check_violation',\n                                CONSTRAINT = 'invoice_credited_at_most_once';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="8d42e267afb00b7f369ea0c18bdff29a2ce16480",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_credits_at_most_what_is_left_ef589",
                    table="invoicing_invoice",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects", None), ("is_cancellation", False), ("kind", "invoice")),
                    models.Q(("corrects__isnull", False), ("kind", "credit_note")),
                    _connector="OR",
                ),
                name="invoice_only_credit_notes_correct",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "credit_note"), ("status", "posted"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="invoice_credit_note_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "posted"), _negated=True),
                    ("gross_total__gte", 0),
                    _connector="OR",
                ),
                name="invoice_posted_gross_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "draft")),
                fields=("tenant", "corrects"),
                name="invoice_one_draft_credit_note",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_cancellation", True), ("status", "posted")),
                fields=("tenant", "corrects"),
                name="invoice_cancelled_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("corrects_line__isnull", False)),
                fields=("tenant", "corrects_line", "invoice"),
                name="invoiceline_corrected_once_a_note",
            ),
        ),
        rls.tenant_reference("invoicing_invoice", "corrects_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_invoiceline", "corrects_line_id", "invoicing_invoiceline"),
    ]
