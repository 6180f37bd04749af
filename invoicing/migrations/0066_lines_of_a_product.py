"""Whether a product may go is asked of all lines, of which few have one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0065_project_account_isolation"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="invoiceline",
            index=models.Index(
                condition=models.Q(("product__isnull", False)),
                fields=["tenant", "product"],
                name="invoiceline_of_product",
            ),
        ),
        migrations.AddIndex(
            model_name="quotationline",
            index=models.Index(
                condition=models.Q(("product__isnull", False)),
                fields=["tenant", "product"],
                name="quotationline_of_product",
            ),
        ),
    ]
