import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("customers", "0008_project_of_its_customer"),
        ("tenants", "0008_four_eyes"),
        ("timesheets", "0013_billable_of_locked_hours"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Charge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("expense", "Expense"),
                            ("part", "Part"),
                            ("usage", "Usage"),
                            ("fee", "Fee"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("charge_date", models.DateField(verbose_name="date")),
                ("text", models.CharField(blank=True, max_length=500, verbose_name="text")),
                (
                    "destination",
                    models.CharField(blank=True, max_length=120, verbose_name="destination"),
                ),
                (
                    "quantity",
                    models.DecimalField(
                        decimal_places=6, default=1, max_digits=16, verbose_name="quantity"
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("HUR", "h"),
                            ("DAY", "d"),
                            ("C62", "pcs"),
                            ("MON", "mo"),
                            ("KMT", "km"),
                            ("MIN", "min"),
                            ("KGM", "kg"),
                            ("LTR", "l"),
                            ("MTR", "m"),
                        ],
                        default="C62",
                        max_length=3,
                        verbose_name="unit",
                    ),
                ),
                (
                    "unit_price",
                    models.DecimalField(
                        decimal_places=6,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="unit price",
                    ),
                ),
                ("account", models.CharField(blank=True, max_length=10, verbose_name="account")),
                ("is_billable", models.BooleanField(default=True, verbose_name="billable")),
                (
                    "billing_state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("drafted", "Drafted"),
                            ("billed", "Billed"),
                            ("written_off", "Written off"),
                        ],
                        default="open",
                        editable=False,
                        max_length=12,
                        verbose_name="billing",
                    ),
                ),
                (
                    "billing_note",
                    models.CharField(
                        blank=True, editable=False, max_length=200, verbose_name="billing note"
                    ),
                ),
                (
                    "settled_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="settled"
                    ),
                ),
                (
                    "note",
                    models.CharField(blank=True, max_length=300, verbose_name="internal note"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "member",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="tenants.membership",
                        verbose_name="person",
                    ),
                ),
                (
                    "project",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="customers.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
                (
                    "tax_rate",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.taxrate",
                        verbose_name="VAT",
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
                "verbose_name": "charge",
                "verbose_name_plural": "charges",
                "ordering": ["-charge_date", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("billing_state", "open"), ("is_billable", True)),
                        fields=["tenant", "charge_date"],
                        include=("customer", "project"),
                        name="charge_ready",
                    ),
                    models.Index(
                        fields=["tenant", "charge_date", "billing_state"], name="charge_by_date"
                    ),
                    models.Index(
                        fields=["tenant", "customer", "charge_date"], name="charge_of_customer"
                    ),
                    models.Index(
                        condition=models.Q(("project__isnull", False)),
                        fields=["tenant", "project", "charge_date"],
                        name="charge_of_project",
                    ),
                    models.Index(
                        condition=models.Q(("member__isnull", False)),
                        fields=["tenant", "member", "charge_date"],
                        name="charge_of_member",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="charge_tenant_id"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity", 0), _negated=True),
                        name="charge_has_a_quantity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="charge_price_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True),
                            ("kind", "usage"),
                            _connector="OR",
                        ),
                        name="charge_says_what_it_is",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("destination", ""), ("kind", "usage"), _connector="OR"),
                        name="charge_destination_of_usage",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_billable", True), ("billing_state", "open"), _connector="OR"
                        ),
                        name="charge_not_billable_is_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("billing_state", "written_off"), _negated=True),
                            models.Q(("billing_note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="charge_written_off_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("billing_note", ""),
                            ("billing_state__in", ["billed", "written_off"]),
                            _connector="OR",
                        ),
                        name="charge_note_only_when_settled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_at", None),
                            models.Q(("billing_note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="charge_settled_by_hand_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="charge",
            trigger=pgtrigger.compiler.Trigger(
                name="charge_read_only_when_settled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"billing_state\" = 'open'))",
                    func="\n                    IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.customer_id, NEW.project_id, NEW.member_id, NEW.charge_date, NEW.text, NEW.destination, NEW.quantity, NEW.unit, NEW.unit_price, NEW.tax_rate_id, NEW.account, NEW.is_billable)\n                        IS NOT DISTINCT FROM\n                        (OLD.kind, OLD.customer_id, OLD.project_id, OLD.member_id, OLD.charge_date, OLD.text, OLD.destination, OLD.quantity, OLD.unit, OLD.unit_price, OLD.tax_rate_id, OLD.account, OLD.is_billable)\n                    THEN\n                        RETURN NEW;\n                    END IF;\n                    RAISE EXCEPTION 'charge % is on a document or settled', OLD.id\n                        USING ERRCODE = 'check_violation', CONSTRAINT = 'charge_read_only';\n                ",
                    hash="a35daeb1f26a4b1d34bdb9e5da9b25a6186eb0e3",
                    operation='UPDATE OF "kind", "customer_id", "project_id", "member_id", "charge_date", "text", "destination", "quantity", "unit", "unit_price", "tax_rate_id", "account", "is_billable" OR DELETE',
                    pgid="pgtrigger_charge_read_only_when_settled_bdcf5",
                    table="timesheets_charge",
                    when="BEFORE",
                ),
            ),
        ),
    ]
