"""What the page of lines shows: the lines to be, what they come to, and how they were proposed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import ZERO
from core.templatetags.figures import hours, money
from customers.domain.billing_terms import terms_of
from customers.models import Customer, Project
from customers.terms_words import day_words, rounding_words
from invoicing.domain.amounts import Totals
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.composing.planning import PlannedLine
from invoicing.domain.composing.selections import Preview
from invoicing.errors import OptionsUnreadable
from invoicing.models import Addition, Composition, DocumentKind, Invoice, Unit
from invoicing.selectors.drafts import visible_drafts
from tenants.models import Membership, Tenant

LINES_SHOWN = 200
DRAFTS_OFFERED = 50


@dataclass(frozen=True)
class ShownLine:
    text: str
    quantity: Decimal
    unit: Unit
    unit_price: Decimal
    tax_percent: Decimal
    net: Decimal
    hint: str


@dataclass(frozen=True)
class Shown:
    """`lines` are the first of `count`; the sums are of all. Without lines `refused` says why.
    `unlocked` are people whose hours are not locked."""

    currency: str
    lines: list[ShownLine] = field(default_factory=list)
    count: int = 0
    minutes: int = 0
    billed_minutes: int = 0
    charges: int = 0
    totals: Totals = field(default=Totals(ZERO, ZERO, ZERO, ()))
    unlocked: list[str] = field(default_factory=list)
    refused: str = ""

    @property
    def left_out(self) -> int:
        return self.count - len(self.lines)


def shown(preview: Preview) -> Shown:
    return Shown(
        currency=preview.invoice.currency,
        lines=[_shown(line) for line in preview.lines[:LINES_SHOWN]],
        count=len(preview.lines),
        minutes=preview.minutes,
        billed_minutes=preview.billed_minutes,
        charges=preview.charges,
        totals=preview.totals,
        unlocked=preview.unlocked,
    )


def _shown(line: PlannedLine) -> ShownLine:
    return ShownLine(
        text=line.text,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        tax_percent=line.tax_rate.percent,
        net=line.net,
        hint=_hint(line),
    )


def _hint(line: PlannedLine) -> str:
    """Where the time is not what was worked, or no quantity says it exactly."""
    if line.charges:
        return ""
    billed = _duration(line.billed_minutes)
    if line.is_lump:
        several = len({work.rate for work in line.entries}) > 1
        if several:
            return _("%(time)s at several rates: the exact amount of the work") % {"time": billed}
        return _("%(time)s: no quantity gives the amount of the work, so that counts") % {
            "time": billed
        }
    if line.minutes != line.billed_minutes:
        worked = _duration(line.minutes)
        return _("%(worked)s worked, %(billed)s billed") % {"worked": worked, "billed": billed}
    rate = line.entries[0].rate
    if rate and line.quantity * line.unit_price * 60 != line.billed_minutes * rate:
        return _("%(time)s: the amount of the work counts") % {"time": billed}
    return ""


def _duration(minutes: int) -> str:
    whole, rest = divmod(minutes, 60)
    if not rest:
        return _("%(hours)d h") % {"hours": whole}
    return _("%(hours)d h %(minutes)d min") % {"hours": whole, "minutes": rest}


def drafts_to_add_to(customer: Customer, membership: Membership) -> list[Invoice]:
    """The customer's drafts, the last one first."""
    found = visible_drafts(membership).filter(customer=customer, kind=DocumentKind.INVOICE)
    return list(found.order_by("-pk")[:DRAFTS_OFFERED])


def draft_choices(drafts: Iterable[Invoice]) -> list[tuple[str, str]]:
    """Those in another currency say so."""
    return [(str(draft.pk), _draft_words(draft)) for draft in drafts]


def _draft_words(draft: Invoice) -> str:
    return " · ".join(
        [
            str(draft),
            date_format(draft.issue_date, "SHORT_DATE_FORMAT"),
            money(draft.net_total, draft.currency),
        ]
    )


def last_options(customer: Customer) -> LineOptions:
    """What was chosen for this customer the last time, or what "ready to invoice" makes."""
    found = Customer.objects.filter(pk=customer.pk).annotate(**options_before("pk"))
    return chosen_before(found.get())


def options_before(customer: str) -> dict[str, Any]:
    """Annotations for `chosen_before`: what the customer's last selection chose, and what their
    last work on a draft was made with, which is kept for longer."""
    composed = Composition.objects.filter(customer=OuterRef(customer)).exclude(options={})
    added = Addition.objects.filter(invoice__customer=OuterRef(customer))
    return {
        "composed_before": Subquery(composed.order_by("-updated_at", "-pk").values("options")[:1]),
        "added_before": Subquery(added.order_by("-pk").values("options")[:1]),
    }


def chosen_before(row: Any) -> LineOptions:
    # The day was kept as long as it was then; now it is as long as it is.
    added = {**row.added_before, "hours_per_day": None} if row.added_before else None
    for options in (row.composed_before, added):
        try:
            if options:
                return LineOptions.from_json(options)
        except OptionsUnreadable:
            continue
    return STANDARD


@dataclass(frozen=True)
class InWords:
    rounding: str
    day: str


def terms_in_words(projects: Iterable[Project], customer: Customer, tenant: Tenant) -> InWords:
    """What counts while nothing else is chosen."""
    day = day_words(terms_of(customer=customer, tenant=tenant))
    words = {rounding_words(terms_of(project=project, tenant=tenant)) for project in projects}
    words = words or {rounding_words(terms_of(customer=customer, tenant=tenant))}
    if len(words) == 1:
        return InWords(_("As set: %(value)s") % {"value": words.pop()}, day)
    return InWords(_("As each project has it"), day)


def additions_of(draft: Invoice) -> list[str]:
    """Added 12 Nov by Aino: 14 entries, 32:30 h."""
    return [_addition_words(one) for one in draft.additions.select_related("added_by")]


def _addition_words(addition: Addition) -> str:
    text: Any = ngettext(
        "Added %(day)s by %(who)s: %(entries)d entry, %(hours)s h",
        "Added %(day)s by %(who)s: %(entries)d entries, %(hours)s h",
        addition.entries,
    )
    return str(
        text
        % {
            "day": date_format(localtime(addition.added_at), "SHORT_DATETIME_FORMAT"),
            "who": addition.added_by or "—",
            "entries": addition.entries,
            "hours": hours(addition.minutes),
        }
    )
