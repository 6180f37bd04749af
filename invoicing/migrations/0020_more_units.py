from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0019_document_index_trigrams"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invoiceline",
            name="unit",
            field=models.CharField(
                choices=[
                    ("HUR", "h"),
                    ("DAY", "d"),
                    ("C62", "pcs"),
                    ("MON", "mo"),
                    ("KMT", "km"),
                    ("MIN", "min"),
                    ("KGM", "kg"),
                    ("LTR", "l"),
                    ("MTR", "m"),
                ],
                default="HUR",
                max_length=3,
                verbose_name="unit",
            ),
        ),
    ]
