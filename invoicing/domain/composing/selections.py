"""A selection of hours on its way to a draft: what was shown is what is drafted, or one is asked.

The page shows a `Composition`; between showing and drafting others go on working. `changes` tells
what became different, and `draft_selection` refuses until it was said what to do about it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import BigIntegerField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import ngettext

from catalog.models import TaxRate
from customers.models import Customer
from invoicing.domain.amounts import Totals, totals
from invoicing.domain.composing.claiming import (
    Entry,
    Names,
    claim_entries,
    read_entries,
    refuse_unfit,
)
from invoicing.domain.composing.options import LineOptions
from invoicing.domain.composing.planning import PlannedLine, plan_lines
from invoicing.domain.composing.terms import rules_of
from invoicing.domain.draft_hours import widen_service_period
from invoicing.domain.drafting import (
    append_work,
    draft_claimed,
    locked_draft,
    touch,
)
from invoicing.domain.lines import RateSum, TaxRates
from invoicing.errors import (
    DraftInOtherCurrency,
    DraftOfOtherCustomer,
    MixedCustomers,
    OptionsUnreadable,
    SelectionEmpty,
    WorkChanged,
)
from invoicing.models import Composition, Invoice, Source
from tenants.audit import log
from tenants.models import User
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState, TimeEntry

FORGOTTEN_AFTER = timedelta(days=14)


class Accept(StrEnum):
    """What to do where the work is not what was shown."""

    NOTHING = ""
    AS_SHOWN = "shown"
    AS_IT_IS = "now"


@dataclass(frozen=True)
class Taken:
    """An entry that somebody else's document has now."""

    entry: TimeEntry
    document: Invoice


@dataclass(frozen=True)
class Changes:
    """By entry id. `changed` are still open; `gone` are not, or no longer in the selection."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def __str__(self) -> str:
        """`3 entries are new, 1 changed`, each kind only where there is one."""
        told = []
        for number, words in (
            (len(self.new), ngettext("%d entry is new", "%d entries are new", len(self.new))),
            (len(self.changed), ngettext("%d changed", "%d changed", len(self.changed))),
            (len(self.gone), ngettext("%d is gone", "%d are gone", len(self.gone))),
        ):
            if number:
                told.append(words % number)
        return ", ".join(told)


@dataclass(frozen=True)
class Preview:
    """What the selection would become now. `unlocked` are people whose hours are not locked."""

    invoice: Invoice
    lines: list[PlannedLine]
    totals: Totals
    entries: int
    unlocked: list[str]

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    @property
    def billed_minutes(self) -> int:
        return sum(line.billed_minutes for line in self.lines)

    @property
    def rates_of_tax(self) -> set[TaxRate]:
        return {line.tax_rate for line in self.lines}


def start_selection(
    selected: QuerySet[TimeEntry], *, query: str, actor: User | None, customer: Customer | None
) -> Composition:
    """Keep what is selected as it is now: the billable, open hours, all ticked.

    Without a customer the selection may be of several; `choose_customer` comes before drafting.
    """
    composition = Composition(query=query, customer=customer, created_by=actor)
    _keep(composition, _current(composition, selected))
    composition.save()
    return composition


def look_again(composition: Composition, selected: QuerySet[TimeEntry]) -> Composition:
    """Keep what is selected as it is now; what was ticked out stays out."""
    _keep(composition, _current(composition, selected))
    composition.save()
    return composition


def choose_customer(
    composition: Composition, customer: Customer | None, selected: QuerySet[TimeEntry]
) -> Composition:
    """Narrow the selection to one customer, or widen it to all again."""
    composition.customer = customer
    composition.draft = None
    return look_again(composition, selected)


def tick(composition: Composition, entry_ids: Collection[int], *, is_in: bool) -> None:
    """Tick these in or out; ids that are not in the selection do nothing."""
    asked = set(entry_ids) & set(composition.entry_ids)
    excluded = set(composition.excluded_ids)
    composition.excluded_ids = sorted(excluded - asked if is_in else excluded | asked)
    composition.save(update_fields=["excluded_ids", "updated_at"])


def ticked_ids(composition: Composition) -> list[int]:
    excluded = set(composition.excluded_ids)
    return [pk for pk in composition.entry_ids if pk not in excluded]


def changes(composition: Composition, selected: QuerySet[TimeEntry]) -> Changes:
    """What is different now from what was kept. Entries ticked out may change as they like."""
    current = _current(composition, selected)
    ticked = set(ticked_ids(composition))
    shown = dict(zip(composition.entry_ids, composition.marks, strict=True))
    gone = sorted(ticked - current.keys())
    return Changes(
        new=sorted(current.keys() - shown.keys()),
        changed=sorted(pk for pk, mark in current.items() if pk in ticked and shown[pk] != mark),
        gone=gone,
        taken=_taken(gone),
    )


def preview(
    composition: Composition, *, options: LineOptions, draft: Invoice | None = None
) -> Preview:
    """The lines and sums of the ticked entries; nothing is written.

    Raises a DraftingRefused where they could not be drafted, except for locks, which are told.
    """
    entries = read_entries(ticked_ids(composition))
    if not entries:
        raise SelectionEmpty
    names = Names(entries)
    refuse_unfit([entry._replace(is_locked=True) for entry in entries], names, allow_unlocked=True)
    customer = _customer_of(names)
    invoice = draft or _proposed(entries, customer)
    _refuse_foreign(draft, customer)
    rates = TaxRates()
    lines = plan_lines(
        names.works(entries), options, rules_of(invoice, names.projects, options, rates)
    )
    return Preview(
        invoice=invoice,
        lines=lines,
        totals=totals(
            [
                RateSum(line.net, line.tax_rate.category, line.tax_rate.percent, line.tax_rate)
                for line in lines
            ],
            invoice.currency,
        ),
        entries=len(entries),
        unlocked=sorted(
            {names.members[entry.member_id] for entry in entries if not entry.is_locked}
        ),
    )


@transaction.atomic
def draft_selection(
    composition: Composition,
    *,
    options: LineOptions,
    selected: QuerySet[TimeEntry],
    actor: User | None,
    draft: Invoice | None = None,
    accept: Accept = Accept.NOTHING,
    allow_unlocked: bool = False,
) -> Invoice:
    """Make a draft of the ticked entries, or append them to `draft`.

    Raises WorkChanged where they are not what was kept, unless `accept` says which to take: those
    still as they were shown, or all that are selected now.
    """
    invoice = locked_draft(draft.pk) if draft is not None else None
    hold_hours()
    different = changes(composition, selected)
    if different and accept == Accept.NOTHING:
        raise _changed(different)
    wanted = set(ticked_ids(composition)) - set(different.gone)
    if accept == Accept.AS_SHOWN:
        wanted -= set(different.changed)
    if accept == Accept.AS_IT_IS:
        wanted |= set(different.new)
    if not wanted:
        raise SelectionEmpty
    customer = _customer_of(Names(read_entries(wanted)))
    _refuse_foreign(invoice, customer)
    claimed = claim_entries(wanted, customer_id=customer.pk)
    if len(claimed) != len(wanted):
        left = sorted(wanted - {entry.id for entry in claimed})
        raise _changed(Changes(gone=left, taken=_taken(left)))
    if accept != Accept.AS_IT_IS:
        # Now that nobody can change them any more: one may have, after they were compared.
        _refuse_changed(composition, claimed)
    if invoice is None:
        made = draft_claimed(
            claimed, customer, actor=actor, allow_unlocked=allow_unlocked, options=options
        )
    else:
        made = _append(invoice, claimed, options, actor, allow_unlocked=allow_unlocked)
    composition.options, composition.customer, composition.draft = options.to_json(), customer, made
    composition.save(update_fields=["options", "customer", "draft", "updated_at"])
    return made


def options_of(customer: Customer) -> LineOptions | None:
    """How the customer's hours last became lines; None for the first time."""
    latest = (
        Composition.objects.filter(customer=customer)
        .exclude(options={})
        .order_by("-updated_at", "-pk")
        .values_list("options", flat=True)
        .first()
    )
    try:
        return LineOptions.from_json(latest) if latest else None
    except OptionsUnreadable:
        return None


def forget_old(*, now: datetime) -> int:
    """Delete selections nobody came back to; returns how many."""
    deleted, _by_kind = Composition.objects.filter(updated_at__lt=now - FORGOTTEN_AFTER).delete()
    return int(deleted)


def _append(
    invoice: Invoice,
    claimed: Sequence[Entry],
    options: LineOptions,
    actor: User | None,
    *,
    allow_unlocked: bool,
) -> Invoice:
    names = Names(claimed)
    refuse_unfit(claimed, names, allow_unlocked=allow_unlocked)
    widen_service_period(invoice, claimed)
    touch(invoice, actor=actor)
    append_work(invoice, claimed, names, options=options, actor=actor)
    minutes = sum(entry.minutes for entry in claimed)
    log("invoice.entries_added", invoice, actor=actor, entries=len(claimed), minutes=minutes)
    return invoice


def _proposed(entries: Sequence[Entry], customer: Customer) -> Invoice:
    """What lines are priced by; the rest of a new draft is proposed when it is made."""
    return Invoice(
        customer=customer,
        currency=customer.currency,
        language=customer.language,
        tax_point=max(entry.work_date for entry in entries),
    )


def _customer_of(names: Names) -> Customer:
    customers: dict[int, Customer] = {
        project.customer_id: project.customer for project in names.projects.values()
    }
    if len(customers) != 1:
        raise MixedCustomers
    [customer] = customers.values()
    return customer


def _refuse_foreign(draft: Invoice | None, customer: Customer) -> None:
    if draft is None:
        return
    if draft.customer_id != customer.pk:
        raise DraftOfOtherCustomer(draft=draft, customer=customer)
    if draft.currency != customer.currency:
        raise DraftInOtherCurrency(draft=draft, theirs=draft.currency, ours=customer.currency)


def _keep(composition: Composition, current: Mapping[int, int]) -> None:
    composition.entry_ids = list(current)
    composition.marks = list(current.values())
    composition.excluded_ids = sorted(set(composition.excluded_ids) & current.keys())


def _current(composition: Composition, selected: QuerySet[TimeEntry]) -> dict[int, int]:
    """Open, billable entry -> a number that is another one as soon as the entry is."""
    open_ones = selected.filter(is_billable=True, billing_state=BillingState.OPEN)
    if composition.customer_id is not None:
        open_ones = open_ones.filter(project__customer=composition.customer_id)
    return dict(
        open_ones.order_by("work_date", "pk").annotate(mark=_mark()).values_list("pk", "mark")
    )


def _changed(different: Changes) -> WorkChanged:
    return WorkChanged(summary=str(different), changes=different)


def _refuse_changed(composition: Composition, claimed: Sequence[Entry]) -> None:
    shown = dict(zip(composition.entry_ids, composition.marks, strict=True))
    now = (
        TimeEntry.objects.filter(pk__in=[entry.id for entry in claimed])
        .order_by()
        .annotate(mark=_mark())
        .values_list("pk", "mark")
    )
    changed = sorted(pk for pk, mark in now if shown[pk] != mark)
    if changed:
        raise _changed(Changes(changed=changed))


def _mark() -> Func:
    content = ("project_id", "member_id", "task_id", "work_date", "minutes", "rate", "description")
    texts = [Coalesce(Cast(F(name), TextField()), Value("")) for name in content]
    return Func(
        Func(Value("|"), *texts, function="concat_ws", output_field=TextField()),
        Value(0),
        function="hashtextextended",
        output_field=BigIntegerField(),
    )


def _taken(entry_ids: Iterable[int]) -> list[Taken]:
    sources = (
        Source.objects.filter(time_entry_id__in=list(entry_ids), released_at=None)
        .select_related("line__invoice", "time_entry__member", "time_entry__project")
        .order_by("time_entry__work_date", "time_entry_id")
    )
    return [Taken(source.time_entry, source.line.invoice) for source in sources]
