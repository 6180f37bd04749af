"""What did not arrive is looked for on the page the accountant starts with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0047_references_in_sets")]

    operations = [
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["failed", "unclear"]),
                    ("bounced_at__isnull", False),
                    _connector="OR",
                ),
                fields=["tenant", "id"],
                name="sending_to_follow_up",
            ),
        ),
    ]
