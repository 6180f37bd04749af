"""Whether a product may go is asked of all charges, of which few have one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0033_usage_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("product__isnull", False)),
                fields=["tenant", "product"],
                name="charge_of_product",
            ),
        ),
    ]
