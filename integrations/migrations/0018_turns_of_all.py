from django.db import migrations, models

from tenants import rls

ISOLATED = rls.isolate("integrations_turn")


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0017_trouble_mail_isolation"),
    ]
    operations = [
        migrations.RunSQL(ISOLATED.reverse_sql, ISOLATED.sql),
        migrations.DeleteModel(name="Turn"),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("token", models.UUIDField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "verbose_name": "turn with a system",
                "verbose_name_plural": "turns with systems",
                "ordering": ["key"],
            },
        ),
    ]
