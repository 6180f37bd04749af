from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0092_template_of_a_document_isolation"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="buyer",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
            ),
        ),
    ]
