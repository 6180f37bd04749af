import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("customers", "0008_project_of_its_customer"),
        ("tenants", "0009_fields_version"),
        ("tenants", "__first__"),
        ("timesheets", "0017_reports_from_the_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, verbose_name="number")),
                ("title", models.CharField(max_length=120, verbose_name="what is to be done")),
                (
                    "description",
                    models.TextField(blank=True, max_length=4000, verbose_name="description"),
                ),
                ("site_address", models.TextField(blank=True, max_length=300, verbose_name="site")),
                (
                    "contact_name",
                    models.CharField(blank=True, max_length=80, verbose_name="contact on site"),
                ),
                (
                    "contact_phone",
                    models.CharField(blank=True, max_length=40, verbose_name="telephone"),
                ),
                (
                    "planned_start_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="planned from"),
                ),
                (
                    "planned_end_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="planned to"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("scheduled", "Scheduled"),
                            ("in_progress", "In progress"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="new",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="started"),
                ),
                ("done_at", models.DateTimeField(editable=False, null=True, verbose_name="done")),
                (
                    "cancel_reason",
                    models.CharField(
                        blank=True, editable=False, max_length=300, verbose_name="reason"
                    ),
                ),
                ("clock_started_at", models.DateTimeField(editable=False, null=True)),
                ("report", models.TextField(blank=True, max_length=8000, verbose_name="report")),
                (
                    "signed_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="signed by"
                    ),
                ),
                (
                    "signed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="signed"),
                ),
                (
                    "signature",
                    models.FileField(blank=True, editable=False, max_length=200, upload_to=""),
                ),
                ("report_checked_at", models.DateTimeField(editable=False, null=True)),
                ("hours_checked_at", models.DateTimeField(editable=False, null=True)),
                ("parts_checked_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "clock_member",
                    tenants.base.TenantForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
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
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_orders",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "hours_checked_by",
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
                    "parts_checked_by",
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
                    "project",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_orders",
                        to="customers.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "report_checked_by",
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
                    "technician",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_orders",
                        to="tenants.membership",
                        verbose_name="technician",
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
                "verbose_name": "service order",
                "verbose_name_plural": "service orders",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="ServiceOrderCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last", models.PositiveIntegerField(default=0)),
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
        ),
        migrations.CreateModel(
            name="ServiceOrderPhoto",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.FileField(editable=False, max_length=200, upload_to="")),
                ("caption", models.CharField(blank=True, max_length=200, verbose_name="caption")),
                ("width", models.PositiveIntegerField(editable=False)),
                ("height", models.PositiveIntegerField(editable=False)),
                ("size", models.PositiveIntegerField(editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "order",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photos",
                        to="timesheets.serviceorder",
                    ),
                ),
                (
                    "taken_by",
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
                "verbose_name": "photo",
                "verbose_name_plural": "photos",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="serviceorder",
            index=models.Index(
                fields=["tenant", "status", "planned_start_at"], name="serviceorder_open"
            ),
        ),
        migrations.AddIndex(
            model_name="serviceorder",
            index=models.Index(
                condition=models.Q(("technician__isnull", False)),
                fields=["tenant", "technician", "status", "planned_start_at"],
                name="serviceorder_of_technician",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="serviceorder_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "number"), name="serviceorder_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "customer", "id"), name="serviceorder_of_its_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "project", "id"), name="serviceorder_of_its_project"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("planned_end_at", None),
                    ("planned_end_at__gt", models.F("planned_start_at")),
                    _connector="OR",
                ),
                name="serviceorder_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["new", "cancelled"]),
                    models.Q(("project__isnull", False), ("technician__isnull", False)),
                    _connector="OR",
                ),
                name="serviceorder_work_has_a_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "scheduled"), _negated=True),
                    ("planned_start_at__isnull", False),
                    _connector="OR",
                ),
                name="serviceorder_scheduled_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "done"), _negated=True),
                    models.Q(("done_at__isnull", False), models.Q(("report", ""), _negated=True)),
                    _connector="OR",
                ),
                name="serviceorder_done_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "cancelled"), ("cancel_reason", ""), _connector="XOR"
                ),
                name="serviceorder_cancelled_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "in_progress"),
                    models.Q(("clock_member__isnull", True), ("clock_started_at", None)),
                    _connector="OR",
                ),
                name="serviceorder_clock_only_in_progress",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("clock_member__isnull", True), ("clock_started_at", None)),
                    models.Q(("clock_member__isnull", False), ("clock_started_at__isnull", False)),
                    _connector="OR",
                ),
                name="serviceorder_clock_is_somebodys",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("signature", ""), ("signed_at", None), ("signed_by", "")),
                    models.Q(
                        ("signed_at__isnull", False), models.Q(("signed_by", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="serviceorder_signature_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "done"),
                    models.Q(
                        ("hours_checked_at", None),
                        ("parts_checked_at", None),
                        ("report_checked_at", None),
                    ),
                    _connector="OR",
                ),
                name="serviceorder_checked_when_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceordercounter",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="serviceordercounter_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceordercounter",
            constraint=models.UniqueConstraint(
                fields=("tenant",), name="serviceordercounter_of_tenant"
            ),
        ),
        migrations.AddIndex(
            model_name="serviceorderphoto",
            index=models.Index(fields=["tenant", "order"], name="serviceorderphoto_of_order"),
        ),
        migrations.AddConstraint(
            model_name="serviceorderphoto",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="serviceorderphoto_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceorderphoto",
            constraint=models.UniqueConstraint(
                fields=("tenant", "file"), name="serviceorderphoto_file_of_one"
            ),
        ),
    ]
