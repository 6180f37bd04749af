"""A selection keeps charges beside hours: what it lists are no longer ids of entries alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0031_mail_text_isolation")]

    operations = [
        migrations.RenameField("composition", "entry_ids", "keys"),
        migrations.RenameField("composition", "excluded_ids", "excluded"),
        migrations.AlterModelOptions(
            name="composition",
            options={
                "ordering": ["-id"],
                "verbose_name": "selection of work",
                "verbose_name_plural": "selections of work",
            },
        ),
    ]
