"""How work becomes quantities: columns of company, customer and project, the nearest one counts.

None of them touches the time that was worked.
"""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

LONGEST_MINIMUM = 1440
SHORTEST_DAY, LONGEST_DAY = Decimal("0.01"), Decimal(24)
DAY_LENGTH = gettext_lazy(
    "A day cannot have %(show_value)s hours. Enter more than 0 and at most 24, like 7.5."
)


class RoundingMinutes(models.IntegerChoices):
    NONE = 0, gettext_lazy("No rounding")
    FIVE = 5, gettext_lazy("5 minutes")
    SIX = 6, gettext_lazy("6 minutes")
    TEN = 10, gettext_lazy("10 minutes")
    QUARTER = 15, gettext_lazy("15 minutes")
    HALF = 30, gettext_lazy("30 minutes")
    HOUR = 60, gettext_lazy("60 minutes")


class RoundingDirection(models.TextChoices):
    UP = "up", gettext_lazy("Up")
    DOWN = "down", gettext_lazy("Down")
    NEAREST = "nearest", gettext_lazy("To the nearest")


class RoundingPer(models.TextChoices):
    ENTRY = "entry", gettext_lazy("Each entry")
    DAY = "day", gettext_lazy("Each day and person")
    LINE = "line", gettext_lazy("Each line")


class UsageGrouping(models.TextChoices):
    DESTINATION = "destination", gettext_lazy("By destination")
    DAY = "day", gettext_lazy("By day")


class BillingRounding(models.Model):
    """Empty is: as one level above. The three columns of the rounding are set together."""

    rounding_minutes = models.PositiveSmallIntegerField(
        gettext_lazy("round time for billing to"), choices=RoundingMinutes, null=True, blank=True
    )
    rounding_direction = models.CharField(
        gettext_lazy("direction"), max_length=8, choices=RoundingDirection, blank=True
    )
    rounding_per = models.CharField(
        gettext_lazy("what is rounded"), max_length=6, choices=RoundingPer, blank=True
    )
    minimum_minutes = models.PositiveSmallIntegerField(
        gettext_lazy("minimum per entry (minutes)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_MINIMUM)],
    )

    class Meta:
        abstract = True


class BillingTerms(BillingRounding):
    """With what belongs to a whole customer."""

    hours_per_day = models.DecimalField(
        gettext_lazy("hours of a day"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[
            MinValueValidator(SHORTEST_DAY, message=DAY_LENGTH),
            MaxValueValidator(LONGEST_DAY, message=DAY_LENGTH),
        ],
    )
    usage_grouping = models.CharField(
        gettext_lazy("lines of usage charges"), max_length=12, choices=UsageGrouping, blank=True
    )

    class Meta:
        abstract = True


def rounding_constraints(table: str) -> list[models.BaseConstraint]:
    """For the `Meta` of a model derived from `BillingRounding`."""
    return [
        models.CheckConstraint(
            name=f"{table}_rounding_is_whole",
            condition=(
                (Q(rounding_minutes=None) | Q(rounding_minutes=0))
                & Q(rounding_direction="", rounding_per="")
            )
            | Q(
                rounding_minutes__in=[minutes for minutes in RoundingMinutes.values if minutes],
                rounding_direction__in=RoundingDirection.values,
                rounding_per__in=RoundingPer.values,
            ),
            violation_error_message=gettext_lazy(
                "Rounding needs its minutes, a direction and what is rounded; without minutes"
                " leave the other two empty."
            ),
        ),
        models.CheckConstraint(
            name=f"{table}_minimum_fits_a_day",
            condition=Q(minimum_minutes=None) | Q(minimum_minutes__lte=LONGEST_MINIMUM),
        ),
    ]


def terms_constraints(table: str) -> list[models.BaseConstraint]:
    """For the `Meta` of a model derived from `BillingTerms`."""
    return [
        *rounding_constraints(table),
        models.CheckConstraint(
            name=f"{table}_day_has_hours",
            condition=Q(hours_per_day=None)
            | Q(hours_per_day__gte=SHORTEST_DAY, hours_per_day__lte=LONGEST_DAY),
        ),
        models.CheckConstraint(
            name=f"{table}_usage_grouping",
            condition=Q(usage_grouping="") | Q(usage_grouping__in=UsageGrouping.values),
        ),
    ]
