from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("invoicing", "0045_bank_statement_isolation"),
        ("tenants", "0013_sent_form_isolation"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoiceline",
            name="end_date",
            field=models.DateField(blank=True, null=True, verbose_name="to"),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="start_date",
            field=models.DateField(blank=True, null=True, verbose_name="from"),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_date", None),
                    ("end_date", None),
                    ("end_date__gte", models.F("start_date")),
                    _connector="OR",
                ),
                name="invoiceline_days_in_order",
            ),
        ),
    ]
