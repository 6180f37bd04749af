from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0012_number_series_of_groups"),
    ]
    operations = [
        migrations.AddField(
            model_name="invoice",
            name="number_count",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="number_format",
            field=models.CharField(blank=True, editable=False, max_length=60),
        ),
        migrations.AddField(
            model_name="invoice",
            name="number_window",
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
    ]
