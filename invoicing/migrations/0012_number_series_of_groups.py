import django.db.models.deletion
from django.db import migrations, models

import tenants.base
from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0007_customer_groups"),
        ("invoicing", "0011_freed_hours"),
    ]
    operations = [
        migrations.AddField(
            model_name="numberseries",
            name="customer_group",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="number_series",
                to="customers.customergroup",
                verbose_name="customer group",
            ),
        ),
        migrations.AddField(
            model_name="numberseries",
            name="project",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="number_series",
                to="customers.project",
                verbose_name="project",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(
                fields=("tenant", "kind", "customer_group"),
                name="numberseries_one_per_group",
                violation_error_message="This group has a series for documents of this kind.",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(
                fields=("tenant", "kind", "project"),
                name="numberseries_one_per_project",
                violation_error_message="This project has a series for documents of this kind.",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer_group", None), ("is_default", True), ("project", None)),
                    models.Q(("customer_group", None), ("is_default", False)),
                    models.Q(("is_default", False), ("project", None)),
                    _connector="OR",
                ),
                name="numberseries_for_one_purpose",
                violation_error_message="A series is for all documents, for a customer group or for a project.",
            ),
        ),
        rls.tenant_reference(
            "invoicing_numberseries", "customer_group_id", "customers_customergroup"
        ),
        rls.tenant_reference("invoicing_numberseries", "project_id", "customers_project"),
    ]
