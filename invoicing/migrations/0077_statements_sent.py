import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0009_reminders"),
        ("invoicing", "0076_customers_credit_upkeep"),
        ("tenants", "0015_financial_year"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="mailtext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invoice", "Invoice"),
                    ("credit_note", "Credit note"),
                    ("statement", "Statement of account"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="StatementSending",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.UUIDField(editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Not sent"),
                            ("unclear", "Perhaps sent"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                (
                    "recipients",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.EmailField(max_length=254), verbose_name="recipients"
                    ),
                ),
                (
                    "copies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.EmailField(max_length=254),
                        default=list,
                        verbose_name="copies",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("text", models.TextField(max_length=10000, verbose_name="text")),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("requested_at", models.DateTimeField(editable=False, verbose_name="asked for")),
                ("due_at", models.DateTimeField(editable=False, verbose_name="due")),
                ("taken_at", models.DateTimeField(editable=False, null=True)),
                ("sent_at", models.DateTimeField(editable=False, null=True, verbose_name="sent")),
                ("failure", models.TextField(blank=True, editable=False, verbose_name="reason")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("start_date", models.DateField(verbose_name="from")),
                ("end_date", models.DateField(verbose_name="to")),
                ("file", models.FileField(editable=False, max_length=200, upload_to="")),
                ("sha256", models.CharField(editable=False, max_length=64)),
                (
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_sendings",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "verbose_name": "e-mail with a statement",
                "verbose_name_plural": "e-mails with statements",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        fields=["tenant", "customer", "id"], name="statementsending_of_one"
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["waiting", "sending"])),
                        fields=["tenant", "due_at"],
                        name="statementsending_under_way",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "token"), name="statementsending_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipients__len__gt", 0)),
                        name="statementsending_has_recipients",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statementsending",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_in_the_log",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="960d40c5c9cc4b2e97a20805b886538468a5ae7b",
                    operation="DELETE",
                    pgid="pgtrigger_stays_in_the_log_f7f2b",
                    table="invoicing_statementsending",
                    when="BEFORE",
                ),
            ),
        ),
    ]
