from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0068_readers_told_of_runs"),
    ]
    operations = [
        migrations.AddIndex(
            model_name="invoiceline",
            index=models.Index(
                condition=models.Q(("addition__isnull", False)),
                fields=["tenant", "addition"],
                name="invoiceline_of_addition",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("released_at__isnull", False), ("time_entry__isnull", False)),
                fields=["tenant", "time_entry"],
                name="source_of_freed_hour",
            ),
        ),
    ]
