from decimal import Decimal

import django.core.validators
from django.db import migrations, models

_SHARE = models.DecimalField(
    decimal_places=2,
    default=Decimal(0),
    max_digits=5,
    validators=[
        django.core.validators.MinValueValidator(-100),
        django.core.validators.MaxValueValidator(100),
    ],
    verbose_name="discount (%)",
)


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0094_corrected_and_self_billed"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoiceline",
            name="for_document",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="document_percent",
            field=models.DecimalField(
                blank=True, decimal_places=2, editable=False, max_digits=5, null=True
            ),
        ),
        migrations.AlterField(
            model_name="invoiceline", name="discount_percent", field=_SHARE.clone()
        ),
        migrations.AlterField(
            model_name="quotationline", name="discount_percent", field=_SHARE.clone()
        ),
        migrations.RemoveConstraint(
            model_name="invoiceline", name="invoiceline_discount_is_a_share"
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount_percent__gte", -100), ("discount_percent__lte", 100)),
                name="invoiceline_discount_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("document_percent", None),
                    models.Q(
                        ("document_percent__gte", -100),
                        ("document_percent__lte", 100),
                        ("for_document", True),
                    ),
                    _connector="OR",
                ),
                name="invoiceline_share_of_the_document",
            ),
        ),
    ]
