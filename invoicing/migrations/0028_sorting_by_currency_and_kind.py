from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0027_sending_isolation"),
        ("tenants", "0009_fields_version"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="documentindex",
            index=models.Index(
                fields=["tenant", "currency", "invoice"], name="documentindex_by_money"
            ),
        ),
        migrations.AddIndex(
            model_name="documentindex",
            index=models.Index(fields=["tenant", "kind", "invoice"], name="documentindex_by_kind"),
        ),
    ]
