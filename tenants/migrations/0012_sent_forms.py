import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_payment_accounts_of_germany"),
    ]

    operations = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.UUIDField(editable=False)),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="time"
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
                "verbose_name": "answered form",
                "verbose_name_plural": "answered forms",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="sentform_tenant_id"),
                    models.UniqueConstraint(fields=("tenant", "token"), name="sentform_once"),
                ],
            },
        ),
    ]
