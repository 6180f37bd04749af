from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0018_turns_of_all"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="quick_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
