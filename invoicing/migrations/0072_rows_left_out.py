from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0071_references_by_index"),
    ]
    operations = [
        migrations.AddField(
            model_name="statementimport",
            name="skipped_count",
            field=models.PositiveIntegerField(default=0, verbose_name="rows left out"),
        ),
    ]
