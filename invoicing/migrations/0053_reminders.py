import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.money
import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0052_fixed_price_isolation"),
        ("tenants", "0013_sent_form_isolation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReminderTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                (
                    "interest",
                    models.CharField(
                        choices=[
                            ("statutory", "By law: reference rate and points"),
                            ("printed", "As printed on the invoice; consumers by law"),
                            ("none", "None"),
                        ],
                        default="statutory",
                        max_length=9,
                        verbose_name="interest",
                    ),
                ),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("FI", "Finland: reference rate of the Interest Act"),
                            ("DE", "Germany: base rate, §247 BGB"),
                        ],
                        max_length=2,
                        verbose_name="reference rate",
                    ),
                ),
                (
                    "consumer_points",
                    models.DecimalField(
                        decimal_places=2, max_digits=5, verbose_name="consumers: points"
                    ),
                ),
                (
                    "business_points",
                    models.DecimalField(
                        decimal_places=2, max_digits=5, verbose_name="businesses: points"
                    ),
                ),
                (
                    "lump_sum",
                    core.money.MoneyField(
                        decimal_places=3, max_digits=18, verbose_name="lump sum for businesses"
                    ),
                ),
                (
                    "gap_days",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(365)],
                        verbose_name="days between two reminders",
                    ),
                ),
                (
                    "pay_within_days",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(90)],
                        verbose_name="days to pay",
                    ),
                ),
                (
                    "least_amount",
                    core.money.MoneyField(
                        decimal_places=3, max_digits=18, verbose_name="not below"
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
                "verbose_name": "terms of reminders",
                "verbose_name_plural": "terms of reminders",
                "ordering": ["country", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReminderLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="level",
                    ),
                ),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(730)],
                        verbose_name="days after the due date",
                    ),
                ),
                (
                    "consumer_fee",
                    core.money.MoneyField(
                        decimal_places=3, max_digits=18, verbose_name="fee for consumers"
                    ),
                ),
                (
                    "business_fee",
                    core.money.MoneyField(
                        decimal_places=3, max_digits=18, verbose_name="fee for businesses"
                    ),
                ),
                ("has_interest", models.BooleanField(default=True, verbose_name="with interest")),
                (
                    "has_lump_sum",
                    models.BooleanField(default=False, verbose_name="with the lump sum"),
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
                (
                    "terms",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="levels",
                        to="invoicing.reminderterms",
                    ),
                ),
            ],
            options={
                "verbose_name": "level of reminders",
                "verbose_name_plural": "levels of reminders",
                "ordering": ["terms", "number"],
            },
        ),
        migrations.CreateModel(
            name="ReminderText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("en", "English"),
                            ("fi", "Finnish"),
                            ("sv", "Swedish"),
                            ("de", "German"),
                        ],
                        max_length=5,
                        verbose_name="language",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("text", models.TextField(max_length=10000, verbose_name="text")),
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
                "verbose_name": "text of reminders",
                "verbose_name_plural": "texts of reminders",
                "ordering": ["level", "language", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReferenceRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("FI", "Finland: reference rate of the Interest Act"),
                            ("DE", "Germany: base rate, §247 BGB"),
                        ],
                        max_length=2,
                        verbose_name="reference rate",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                (
                    "percent",
                    models.DecimalField(decimal_places=2, max_digits=5, verbose_name="percent"),
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
                "verbose_name": "reference rate",
                "verbose_name_plural": "reference rates",
                "ordering": ["area", "-valid_from"],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.UUIDField(editable=False)),
                ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                ("date", models.DateField(verbose_name="date")),
                ("pay_by", models.DateField(verbose_name="to be paid by")),
                (
                    "open_amount",
                    core.money.MoneyField(decimal_places=3, max_digits=18, verbose_name="open"),
                ),
                ("fee", core.money.MoneyField(decimal_places=3, max_digits=18, verbose_name="fee")),
                (
                    "earlier_fees",
                    core.money.MoneyField(
                        decimal_places=3, max_digits=18, verbose_name="earlier fees"
                    ),
                ),
                (
                    "lump_sum",
                    core.money.MoneyField(decimal_places=3, max_digits=18, verbose_name="lump sum"),
                ),
                (
                    "interest",
                    core.money.MoneyField(decimal_places=3, max_digits=18, verbose_name="interest"),
                ),
                ("stretches", models.JSONField(default=list, editable=False)),
                ("is_consumer", models.BooleanField(verbose_name="to a consumer")),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("en", "English"),
                            ("fi", "Finnish"),
                            ("sv", "Swedish"),
                            ("de", "German"),
                        ],
                        max_length=5,
                        verbose_name="language",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("text", models.TextField(max_length=10000, verbose_name="text")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
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
                    "invoice",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="invoicing.invoice",
                        verbose_name="invoice",
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
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("opened_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                (
                    "closed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="settled"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True, editable=False, max_length=300, verbose_name="outcome"
                    ),
                ),
                (
                    "closed_by",
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
                    "invoice",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="invoicing.invoice",
                        verbose_name="invoice",
                    ),
                ),
                (
                    "opened_by",
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
                "verbose_name": "dispute",
                "verbose_name_plural": "disputes",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="sendingrun",
            name="reminds_on",
            field=models.DateField(editable=False, null=True, verbose_name="reminders of"),
        ),
        migrations.AddField(
            model_name="sendingrunitem",
            name="level",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="sendingrunitem",
            name="seen_open",
            field=core.money.MoneyField(decimal_places=3, editable=False, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name="sending",
            name="reminder",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sendings",
                to="invoicing.reminder",
                verbose_name="reminder",
            ),
        ),
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(
                condition=models.Q(("reminder__isnull", False)),
                fields=["tenant", "reminder"],
                name="sending_of_reminder",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["tenant", "invoice", "id"], name="dispute_of_invoice"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="dispute_tenant_id"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("tenant", "invoice"),
                name="dispute_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="dispute_says_why"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dispute",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_on_record",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="3394e7a0c1363af1ba472d7180f3bc6acc2b7ebf",
                    operation="DELETE",
                    pgid="pgtrigger_stays_on_record_97fab",
                    table="invoicing_dispute",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="referencerate",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="referencerate_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="referencerate",
            constraint=models.UniqueConstraint(
                fields=("tenant", "area", "valid_from"), name="referencerate_one_a_day"
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["tenant", "invoice", "level"], name="reminder_of_invoice"),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["tenant", "date", "id"], name="reminder_by_date"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="reminder_tenant_id"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "token"), name="reminder_once_per_yes"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("earlier_fees__gte", 0),
                    ("fee__gte", 0),
                    ("interest__gte", 0),
                    ("level__gte", 1),
                    ("lump_sum__gte", 0),
                    ("open_amount__gt", 0),
                ),
                name="reminder_of_what_is_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(("pay_by__gte", models.F("date"))),
                name="reminder_payable_from_its_day_on",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reminder",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a3ed2d8e9546d70e08fd419d8587d82cd44adf47",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a4efd",
                    table="invoicing_reminder",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderterms",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="reminderterms_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderterms",
            constraint=models.UniqueConstraint(
                fields=("tenant", "country"), name="reminderterms_country"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderterms",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("business_points__gte", 0),
                    ("consumer_points__gte", 0),
                    ("least_amount__gte", 0),
                    ("lump_sum__gte", 0),
                ),
                name="reminderterms_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderlevel",
            constraint=models.UniqueConstraint(
                fields=("tenant", "terms", "number"), name="reminderlevel_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderlevel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("business_fee__gte", 0), ("consumer_fee__gte", 0), ("number__gte", 1)
                ),
                name="reminderlevel_costs_nothing_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="remindertext",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="remindertext_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="remindertext",
            constraint=models.UniqueConstraint(
                fields=("tenant", "level", "language"), name="remindertext_one_of_a_level"
            ),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sending",
            name="letter_never_changes",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sending",
            trigger=pgtrigger.compiler.Trigger(
                name="letter_never_changes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."copies" IS DISTINCT FROM (NEW."copies") OR OLD."invoice_id" IS DISTINCT FROM (NEW."invoice_id") OR OLD."recipients" IS DISTINCT FROM (NEW."recipients") OR OLD."reminder_id" IS DISTINCT FROM (NEW."reminder_id") OR OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."token" IS DISTINCT FROM (NEW."token"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="3a2fefdacbf6171ba269f540ed8d9b29a3fd8c57",
                    operation="UPDATE",
                    pgid="pgtrigger_letter_never_changes_d5fa2",
                    table="invoicing_sending",
                    when="BEFORE",
                ),
            ),
        ),
    ]
