import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope
from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0013_places_of_numbers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="SkippedNumbers",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("window", models.CharField(max_length=40)),
                ("first", models.PositiveBigIntegerField(verbose_name="from")),
                ("last", models.PositiveBigIntegerField(verbose_name="to")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("taken", "Another document has the number"),
                            ("set", "The next number was set"),
                        ],
                        max_length=5,
                        verbose_name="reason",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=200, verbose_name="number")),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="time"
                    ),
                ),
                (
                    "actor",
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
                    "series",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="skipped",
                        to="invoicing.numberseries",
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
                "verbose_name": "skipped numbers",
                "verbose_name_plural": "skipped numbers",
                "ordering": ["series", "window", "first", "id"],
            },
        ),
        migrations.AddIndex(
            model_name="skippednumbers",
            index=models.Index(
                fields=["tenant", "series", "window"], name="skippednumbers_of_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="skippednumbers",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))), name="skippednumbers_in_order"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="skippednumbers",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="4c5b60dbe9920bddfe0adec9570f88800f107e40",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_fd068",
                    table="invoicing_skippednumbers",
                    when="BEFORE",
                ),
            ),
        ),
        rls.isolate("invoicing_skippednumbers"),
        rls.tenant_reference("invoicing_skippednumbers", "series_id", "invoicing_numberseries"),
    ]
