from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("customers", "0002_tenant_isolation"),
        ("tenants", "0004_billing_terms"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="hours_per_day",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=4,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(
                        Decimal("0.01"),
                        message="A day cannot have %(show_value)s hours. Enter more than 0 and at most 24, like 7.5.",
                    ),
                    django.core.validators.MaxValueValidator(
                        Decimal("24"),
                        message="A day cannot have %(show_value)s hours. Enter more than 0 and at most 24, like 7.5.",
                    ),
                ],
                verbose_name="hours of a day",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="minimum_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MaxValueValidator(1440)],
                verbose_name="minimum per entry (minutes)",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="rounding_direction",
            field=models.CharField(
                blank=True,
                choices=[("up", "Up"), ("down", "Down"), ("nearest", "To the nearest")],
                max_length=8,
                verbose_name="direction",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="rounding_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                choices=[
                    (0, "No rounding"),
                    (5, "5 minutes"),
                    (6, "6 minutes"),
                    (10, "10 minutes"),
                    (15, "15 minutes"),
                    (30, "30 minutes"),
                    (60, "60 minutes"),
                ],
                null=True,
                verbose_name="round time for billing to",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="rounding_per",
            field=models.CharField(
                blank=True,
                choices=[
                    ("entry", "Each entry"),
                    ("day", "Each day and person"),
                    ("line", "Each line"),
                ],
                max_length=6,
                verbose_name="what is rounded",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="usage_grouping",
            field=models.CharField(
                blank=True,
                choices=[("destination", "By destination"), ("day", "By day")],
                max_length=12,
                verbose_name="lines of usage charges",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="minimum_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MaxValueValidator(1440)],
                verbose_name="minimum per entry (minutes)",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="rounding_direction",
            field=models.CharField(
                blank=True,
                choices=[("up", "Up"), ("down", "Down"), ("nearest", "To the nearest")],
                max_length=8,
                verbose_name="direction",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="rounding_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                choices=[
                    (0, "No rounding"),
                    (5, "5 minutes"),
                    (6, "6 minutes"),
                    (10, "10 minutes"),
                    (15, "15 minutes"),
                    (30, "30 minutes"),
                    (60, "60 minutes"),
                ],
                null=True,
                verbose_name="round time for billing to",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="rounding_per",
            field=models.CharField(
                blank=True,
                choices=[
                    ("entry", "Each entry"),
                    ("day", "Each day and person"),
                    ("line", "Each line"),
                ],
                max_length=6,
                verbose_name="what is rounded",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            ("rounding_minutes", None), ("rounding_minutes", 0), _connector="OR"
                        ),
                        ("rounding_direction", ""),
                        ("rounding_per", ""),
                    ),
                    models.Q(
                        ("rounding_direction__in", ["up", "down", "nearest"]),
                        ("rounding_minutes__in", [5, 6, 10, 15, 30, 60]),
                        ("rounding_per__in", ["entry", "day", "line"]),
                    ),
                    _connector="OR",
                ),
                name="customer_rounding_is_whole",
                violation_error_message="Rounding needs its minutes, a direction and what is rounded; without minutes leave the other two empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("minimum_minutes", None), ("minimum_minutes__lte", 1440), _connector="OR"
                ),
                name="customer_minimum_fits_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hours_per_day", None),
                    models.Q(
                        ("hours_per_day__gte", Decimal("0.01")),
                        ("hours_per_day__lte", Decimal("24")),
                    ),
                    _connector="OR",
                ),
                name="customer_day_has_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("usage_grouping", ""),
                    ("usage_grouping__in", ["destination", "day"]),
                    _connector="OR",
                ),
                name="customer_usage_grouping",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            ("rounding_minutes", None), ("rounding_minutes", 0), _connector="OR"
                        ),
                        ("rounding_direction", ""),
                        ("rounding_per", ""),
                    ),
                    models.Q(
                        ("rounding_direction__in", ["up", "down", "nearest"]),
                        ("rounding_minutes__in", [5, 6, 10, 15, 30, 60]),
                        ("rounding_per__in", ["entry", "day", "line"]),
                    ),
                    _connector="OR",
                ),
                name="project_rounding_is_whole",
                violation_error_message="Rounding needs its minutes, a direction and what is rounded; without minutes leave the other two empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("minimum_minutes", None), ("minimum_minutes__lte", 1440), _connector="OR"
                ),
                name="project_minimum_fits_a_day",
            ),
        ),
    ]
