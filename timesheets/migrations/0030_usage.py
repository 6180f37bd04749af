import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_project_of_its_customer"),
        ("tenants", "0013_sent_form_isolation"),
        ("timesheets", "0029_receipt_isolation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("choosing", "Waiting for you"),
                            ("reading", "Being read"),
                            ("charging", "Being charged"),
                            ("done", "Imported"),
                            ("failed", "Not imported"),
                            ("taken_back", "Taken back"),
                        ],
                        default="choosing",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("file", models.FileField(blank=True, editable=False, max_length=200)),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="size")),
                (
                    "layout",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                (
                    "columns",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                ("line", models.PositiveBigIntegerField(default=0)),
                ("rows", models.PositiveBigIntegerField(default=0, verbose_name="rows")),
                ("added", models.PositiveBigIntegerField(default=0, verbose_name="new")),
                ("known", models.PositiveBigIntegerField(default=0, verbose_name="known already")),
                ("bad", models.PositiveBigIntegerField(default=0, verbose_name="not readable")),
                ("first_date", models.DateField(null=True, verbose_name="from")),
                ("last_date", models.DateField(null=True, verbose_name="to")),
                ("refusal", models.CharField(blank=True, max_length=500, verbose_name="why not")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "finished_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="finished"),
                ),
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
                "verbose_name": "import of usage",
                "verbose_name_plural": "imports of usage",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="UsageMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("header", models.CharField(max_length=64, verbose_name="header")),
                ("columns", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
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
                "verbose_name": "columns of a usage file",
                "verbose_name_plural": "columns of usage files",
                "ordering": ["-updated_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="UsageProblem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveBigIntegerField(verbose_name="line")),
                ("reason", models.CharField(max_length=500, verbose_name="why")),
                ("cells", models.JSONField(default=list)),
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
                    "usage_import",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="timesheets.usageimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "row left out of usage",
                "verbose_name_plural": "rows left out of usage",
                "ordering": ["line", "id"],
            },
        ),
        migrations.CreateModel(
            name="UsageRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("usage_date", models.DateField(verbose_name="date")),
                ("destination", models.CharField(max_length=120, verbose_name="destination")),
                (
                    "quantity",
                    models.DecimalField(decimal_places=6, max_digits=16, verbose_name="quantity"),
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
                        max_length=3,
                        verbose_name="unit",
                    ),
                ),
                (
                    "unit_price",
                    models.DecimalField(
                        decimal_places=6,
                        max_digits=18,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="rate",
                    ),
                ),
                ("fingerprint", models.UUIDField(editable=False)),
                (
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "usage_import",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="timesheets.usageimport",
                        verbose_name="import of usage",
                    ),
                ),
            ],
            options={
                "verbose_name": "usage record",
                "verbose_name_plural": "usage records",
                "ordering": ["-usage_date", "-id"],
            },
        ),
        migrations.CreateModel(
            name="UsageCharge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("usage_date", models.DateField(verbose_name="date")),
                ("destination", models.CharField(max_length=120, verbose_name="destination")),
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
                        max_length=3,
                        verbose_name="unit",
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=6, max_digits=18, null=True, verbose_name="rate"
                    ),
                ),
                (
                    "charge",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage_charges",
                        to="timesheets.charge",
                        verbose_name="charge",
                    ),
                ),
                (
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage_charges",
                        to="customers.customer",
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
                "verbose_name": "charge for usage",
                "verbose_name_plural": "charges for usage",
                "ordering": ["usage_date", "destination", "id"],
                "indexes": [
                    models.Index(
                        fields=["tenant", "customer", "usage_date"], name="usagecharge_of_customer"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "charge"), name="usagecharge_of_one_charge"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="usageimport",
            index=models.Index(
                fields=["tenant", "state", "updated_at"], name="usageimport_by_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="usageimport",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="usageimport_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="usagemapping",
            constraint=models.UniqueConstraint(
                fields=("tenant", "header"), name="usagemapping_header"
            ),
        ),
        migrations.AddConstraint(
            model_name="usageproblem",
            constraint=models.UniqueConstraint(
                fields=("tenant", "usage_import", "line"), name="usageproblem_line"
            ),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(
                fields=["tenant", "customer", "usage_date"],
                include=("destination", "quantity", "unit", "unit_price"),
                name="usagerecord_of_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["tenant", "usage_import"], name="usagerecord_of_import"),
        ),
        migrations.AddConstraint(
            model_name="usagerecord",
            constraint=models.UniqueConstraint(
                fields=("tenant", "fingerprint"), name="usagerecord_fingerprint"
            ),
        ),
        migrations.AddConstraint(
            model_name="usagerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="usagerecord_has_a_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="usagerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit_price", None), ("unit_price__gte", 0), _connector="OR"),
                name="usagerecord_price_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="usagerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("destination", ""), _negated=True),
                name="usagerecord_has_a_destination",
            ),
        ),
    ]
