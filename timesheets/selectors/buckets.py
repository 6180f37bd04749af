"""Where hours are on their way to an invoice: every hour is in exactly one of these."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.db.models import Case, CharField, Count, F, QuerySet, Sum, Value, When
from django.utils.translation import gettext_lazy as _

from timesheets.models import BillingState


class Bucket(models.TextChoices):
    NOT_BILLABLE = "not_billable", _("Not billable")
    OPEN = "open", _("Open")
    DRAFTED = "drafted", _("Drafted")
    BILLED = "billed", _("Billed")
    WRITTEN_OFF = "written_off", _("Written off")


# What is not settled has a state of its own only when it is billable.
BUCKET = Case(
    When(billing_state=BillingState.OPEN, is_billable=False, then=Value(Bucket.NOT_BILLABLE)),
    default=F("billing_state"),
    output_field=CharField(),
)
UNBILLED = (Bucket.NOT_BILLABLE, Bucket.OPEN, Bucket.DRAFTED)
BAR_WIDTH = 1000


@dataclass(frozen=True)
class Segment:
    """A bucket's hours, and their place on a bar that is 1000 wide."""

    bucket: Bucket
    entries: int
    minutes: int
    left: int
    width: int

    @property
    def label(self) -> str:
        return str(self.bucket.label)


def segments(
    minutes: Mapping[str, int],
    entries: Mapping[str, int] | None = None,
    *,
    whole: int | None = None,
) -> list[Segment]:
    """All buckets in their order, side by side without a gap; `whole` minutes fill the bar."""
    total = whole or sum(minutes.values()) or 1
    found, done = [], 0
    for bucket in Bucket:
        mine = minutes.get(bucket, 0)
        left, right = (round(part * BAR_WIDTH / total) for part in (done, done + mine))
        count = (entries or {}).get(bucket, 0)
        found.append(Segment(bucket, count, mine, left, right - left))
        done += mine
    return found


def segments_of(entries: QuerySet[models.Model]) -> list[Segment]:
    """In one question."""
    rows = (
        entries.order_by()
        .annotate(bucket=BUCKET)
        .values_list("bucket")
        .annotate(count=Count("pk"), worked=Sum("minutes"))
    )
    found = {bucket: (count, worked) for bucket, count, worked in rows}
    return segments(
        {bucket: worked for bucket, (_count, worked) in found.items()},
        {bucket: count for bucket, (count, _worked) in found.items()},
    )
