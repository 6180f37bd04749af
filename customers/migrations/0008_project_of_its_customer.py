from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("customers", "0007_customer_groups"),
        ("tenants", "0008_four_eyes"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="project",
            constraint=models.UniqueConstraint(
                fields=("tenant", "customer", "id"), name="project_of_its_customer"
            ),
        ),
    ]
