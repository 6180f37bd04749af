"""Why some of many hours or charges stay as they are, and how many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from timesheets.models import BillingState


class LeftOut(models.TextChoices):
    """Why an hour or a charge does not take the step."""

    NOT_YOURS = "not_yours", _("not on a project of yours, or not yours to decide")
    DRAFTED = "drafted", _("on a draft (take them off there first)")
    INVOICED = "invoiced", _("on an invoice (only a credit note frees them)")
    ELSEWHERE = "elsewhere", _("billed elsewhere already")
    WRITTEN_OFF = "written_off", _("written off already")
    CHECKED = "checked", _("checked on their service order (take the check back there first)")
    NOT_BILLABLE = "not_billable", _("not billable (make them billable first)")
    LOCKED = "locked", _("locked (unlock them first)")
    INTERNAL = "internal", _("on a project or task that is not billable")
    OPEN = "open", _("open as it is")
    THAT_ALREADY = "that_already", _("as you want them already")


type Reasons = Sequence[tuple[LeftOut, Q]]
OPEN = Q(billing_state=BillingState.OPEN)
DRAFTED = Q(billing_state=BillingState.DRAFTED)
INVOICED = Q(billing_state=BillingState.BILLED, billing_note="")
ELSEWHERE = Q(billing_state=BillingState.BILLED) & ~Q(billing_note="")
WRITTEN_OFF = Q(billing_state=BillingState.WRITTEN_OFF)
ON_DOCUMENTS: Reasons = ((LeftOut.DRAFTED, DRAFTED), (LeftOut.INVOICED, INVOICED))


@dataclass(frozen=True)
class Refused:
    reason: LeftOut
    count: int
    minutes: int

    @property
    def words(self) -> str:
        return f"{self.count} {self.reason.label}"


def in_words(refused: Iterable[Refused]) -> str:
    return "; ".join(one.words for one in refused)


def settled_or_checked(what: str) -> list[tuple[LeftOut, Q]]:
    """`what` the office checks on a service order is what the order's invoice will say."""
    checked_at = f"service_order__{what}_checked_at__isnull"
    return [
        (LeftOut.ELSEWHERE, ELSEWHERE),
        (LeftOut.WRITTEN_OFF, WRITTEN_OFF),
        (LeftOut.CHECKED, Q(**{checked_at: False})),
    ]


def judged(works: QuerySet[Any], reasons: Reasons) -> QuerySet[Any]:
    """Each with the first reason why it is left out, empty for those that are not."""
    whens = [When(condition, then=Value(reason.value)) for reason, condition in reasons]
    reason = Case(*whens, default=Value(""), output_field=models.CharField())
    found: QuerySet[Any] = works.annotate(reason=reason)
    return found


def managed_by(actor: Membership) -> Q:
    return Q(project__isnull=False, project__manager__isnull=False, project__manager=actor)
