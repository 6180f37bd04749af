import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0009_reminders"),
        ("invoicing", "0079_receipts_with_sendings"),
        ("tenants", "0014_usual_finnish_accounts"),
        ("timesheets", "0034_charges_of_a_product"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrepaidHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("minutes", models.PositiveIntegerField(verbose_name="minutes bought")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                (
                    "valid_until",
                    models.DateField(blank=True, null=True, verbose_name="valid until"),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prepaid_hours",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "line",
                    tenants.base.TenantForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="prepaid_hours",
                        to="invoicing.invoiceline",
                    ),
                ),
                (
                    "project",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prepaid_hours",
                        to="customers.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "prepaid hours",
                "verbose_name_plural": "prepaid hours",
                "ordering": ["valid_from", "id"],
            },
        ),
        migrations.CreateModel(
            name="PrepaidDraw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField(verbose_name="minutes")),
                ("drawn_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "time_entry",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="prepaid_draws",
                        to="timesheets.timeentry",
                    ),
                ),
                (
                    "prepaid",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="invoicing.prepaidhours",
                    ),
                ),
            ],
            options={
                "verbose_name": "draw",
                "verbose_name_plural": "draws",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="prepaidhours",
            index=models.Index(
                fields=["tenant", "customer", "valid_from"], name="prepaidhours_in_turn"
            ),
        ),
        migrations.AddConstraint(
            model_name="prepaidhours",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="prepaidhours_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="prepaidhours",
            constraint=models.UniqueConstraint(
                fields=("tenant", "line"), name="prepaidhours_of_one_line"
            ),
        ),
        migrations.AddConstraint(
            model_name="prepaidhours",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gt", 0)), name="prepaidhours_are_some"
            ),
        ),
        migrations.AddConstraint(
            model_name="prepaidhours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until", None),
                    ("valid_until__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="prepaidhours_days_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="prepaiddraw",
            index=models.Index(fields=["tenant", "prepaid"], name="prepaiddraw_of_prepaid"),
        ),
        migrations.AddConstraint(
            model_name="prepaiddraw",
            constraint=models.UniqueConstraint(
                fields=("tenant", "time_entry"), name="prepaiddraw_hour_drawn_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="prepaiddraw",
            trigger=pgtrigger.compiler.Trigger(
                name="within_what_was_bought",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    PERFORM FROM invoicing_prepaidhours prepaid\n                        WHERE (prepaid.tenant_id, prepaid.id) IN (\n                            SELECT tenant_id, prepaid_id FROM after_it\n                        ) ORDER BY prepaid.id FOR UPDATE;\n                    IF EXISTS (\n                        SELECT FROM invoicing_prepaidhours prepaid\n                        JOIN invoicing_invoiceline line\n                            ON line.tenant_id = prepaid.tenant_id AND line.id = prepaid.line_id\n                        JOIN invoicing_invoice sold\n                            ON sold.tenant_id = line.tenant_id AND sold.id = line.invoice_id\n                        WHERE (prepaid.tenant_id, prepaid.id) IN (\n                                SELECT tenant_id, prepaid_id FROM after_it\n                            )\n                            AND (sold.status <> 'posted' OR (\n                                SELECT sum(draw.minutes) FROM invoicing_prepaiddraw draw\n                                WHERE draw.tenant_id = prepaid.tenant_id\n                                    AND draw.prepaid_id = prepaid.id\n                            ) > \n    coalesce(round(\n        CASE line.unit WHEN 'HUR' THEN line.quantity * 60 ELSE prepaid.minutes END\n        * (line.quantity - coalesce((\n            SELECT sum(credit.quantity) FROM invoicing_invoiceline credit\n            JOIN invoicing_invoice note\n                ON note.tenant_id = credit.tenant_id AND note.id = credit.invoice_id\n            WHERE credit.tenant_id = line.tenant_id AND credit.corrects_line_id = line.id\n                AND note.status = 'posted'\n        ), 0)) / nullif(line.quantity, 0)\n    ), 0)\n)\n                    ) THEN\n                        RAISE EXCEPTION 'more is drawn than was bought'\n                            USING ERRCODE = 'check_violation',\n                                CONSTRAINT = 'prepaiddraw_within_what_was_bought';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="c96982ba096a73d6a6358416c76add8d01cd5197",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_within_what_was_bought_d3dcb",
                    referencing="REFERENCING NEW TABLE AS after_it ",
                    table="invoicing_prepaiddraw",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="prepaiddraw",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a3a155acfb914fdb7b1c014c972669a719540e4a",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_48a91",
                    table="invoicing_prepaiddraw",
                    when="BEFORE",
                ),
            ),
        ),
    ]
