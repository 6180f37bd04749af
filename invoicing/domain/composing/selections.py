"""A selection of hours and charges on its way to a draft: what was shown is what is drafted, or one
is asked.

The page shows a `Composition`; between showing and drafting others go on working. `changes` tells
what became different, and `draft_selection` refuses until it was said what to do about it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import BigIntegerField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import ngettext

from catalog.models import TaxRate
from customers.models import Customer
from invoicing.domain.amounts import Totals, totals
from invoicing.domain.composing.claiming import (
    Entry,
    Names,
    claim_charges,
    claim_entries,
    read_work,
    refuse_unfit,
)
from invoicing.domain.composing.options import LineOptions
from invoicing.domain.composing.planning import ChargeWork, PlannedLine
from invoicing.domain.composing.terms import plan_work
from invoicing.domain.draft_work import days_of, log_added, widen_service_days
from invoicing.domain.drafting import (
    append_work,
    draft_claimed,
    locked_draft,
    touch,
)
from invoicing.domain.lines import sums_of_planned
from invoicing.errors import (
    DraftInOtherCurrency,
    DraftOfOtherCustomer,
    MixedCustomers,
    SelectionEmpty,
    WorkChanged,
)
from invoicing.models import Composition, Invoice, PrepaidDraw, Source
from tenants.models import Tenant, User
from timesheets.domain.holding import hold_hours
from timesheets.models import Billable, BillingState, Charge, TimeEntry

FORGOTTEN_AFTER = timedelta(days=14)


class Selected(NamedTuple):
    """What a selection finds now, of whichever billing state."""

    entries: QuerySet[Any]
    charges: QuerySet[Any]

    def of_customer(self, customer_id: int | None) -> "Selected":
        if customer_id is None:
            return self
        return Selected(*(works.filter(**{works.model.CUSTOMER: customer_id}) for works in self))

    def is_there(self) -> bool:
        return any(works.exists() for works in self)


class Picked(NamedTuple):
    """Ids of hours and of charges. A `Composition` keeps both in one list: an hour as its id, a
    charge as its id with a minus, which is what is called a key here."""

    entries: list[int]
    charges: list[int]

    @classmethod
    def of_keys(cls, keys: Iterable[int]) -> "Picked":
        found = sorted(keys)
        return cls([key for key in found if key > 0], [-key for key in found if key < 0])


def key_of(model: type[Billable], pk: int) -> int:
    return -pk if model is Charge else pk


class Accept(StrEnum):
    """What to do where the work is not what was shown."""

    NOTHING = ""
    AS_SHOWN = "shown"
    AS_IT_IS = "now"


@dataclass(frozen=True)
class Taken:
    """An entry or a charge that somebody else's document has now."""

    work: TimeEntry | Charge
    document: Invoice


@dataclass(frozen=True)
class Changes:
    """By key. `changed` are still open; `gone` are not, or no longer in the selection."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def __str__(self) -> str:
        """`3 entries are new, 1 changed`, each kind only where there is one."""
        told = []
        new = Picked.of_keys(self.new)
        hours, charges = len(new.entries), len(new.charges)
        for number, words in (
            (hours, ngettext("%d entry is new", "%d entries are new", hours)),
            (charges, ngettext("%d charge is new", "%d charges are new", charges)),
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
    charges: int
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
    selected: Selected, *, query: str, actor: User | None, customer: Customer | None
) -> Composition:
    """Keep what is selected as it is now: what is billable and open, all ticked.

    Without a customer the selection may be of several; `choose_customer` comes before drafting.
    """
    composition = Composition(query=query, customer=customer, created_by=actor)
    _keep(composition, _current(composition, selected))
    composition.save()
    return composition


def look_again(composition: Composition, selected: Selected) -> Composition:
    """Keep what is selected as it is now; what was ticked out stays out."""
    _keep(composition, _current(composition, selected))
    composition.save()
    return composition


def choose_customer(
    composition: Composition, customer: Customer | None, selected: Selected
) -> Composition:
    """Narrow the selection to one customer, or widen it to all again."""
    composition.customer = customer
    composition.draft = None
    return look_again(composition, selected)


def tick(composition: Composition, keys: Collection[int], *, is_in: bool) -> None:
    """Tick these in or out; keys that are not in the selection do nothing."""
    asked = set(keys) & set(composition.keys)
    excluded = set(composition.excluded)
    composition.excluded = sorted(excluded - asked if is_in else excluded | asked)
    composition.save(update_fields=["excluded", "updated_at"])


def ticked_keys(composition: Composition) -> list[int]:
    excluded = set(composition.excluded)
    return [pk for pk in composition.keys if pk not in excluded]


def changes(composition: Composition, selected: Selected) -> Changes:
    """What is different now from what was kept. What is ticked out may change as it likes."""
    return _different(composition, _current(composition, selected))


def _different(composition: Composition, current: Mapping[int, int]) -> Changes:
    ticked = set(ticked_keys(composition))
    shown = dict(zip(composition.keys, composition.marks, strict=True))
    gone = sorted(ticked - current.keys())
    return Changes(
        new=sorted(current.keys() - shown.keys()),
        changed=sorted(pk for pk, mark in current.items() if pk in ticked and shown[pk] != mark),
        gone=gone,
        taken=_taken(gone),
    )


@dataclass(frozen=True)
class Ticked:
    """What is ticked and still there, with all that lines are made of; and what is different."""

    entries: list[Entry]
    charges: list[ChargeWork]
    names: Names
    changes: Changes


def read_ticked(composition: Composition, selected: Selected) -> Ticked:
    """A question for each kind, one for the projects."""
    now = selected.of_customer(composition.customer_id)
    hours = list(
        _open(now.entries).values_list(*Entry._fields, "mark", "member__name", "task__name")
    )
    fields = [name for name in ChargeWork._fields if name != "records"]
    others = list(_open(now.charges).values_list(*fields, "mark"))
    ticked = set(ticked_keys(composition))
    entries = [Entry(*row[:-3]) for row in hours if row[0] in ticked]
    charges = [ChargeWork(*row[:-1]) for row in others if -row[0] in ticked]
    place = Entry._fields.index
    names = Names(
        entries,
        charges,
        members={row[place("member_id")]: row[-2] for row in hours},
        tasks={row[place("task_id")]: row[-1] for row in hours},
    )
    marks = {row[0]: row[-3] for row in hours} | {-row[0]: row[-1] for row in others}
    return Ticked(entries, charges, names, _different(composition, marks))


def preview(
    ticked: Ticked,
    *,
    options: LineOptions,
    draft: Invoice | None = None,
    tenant: Tenant | None = None,
) -> Preview:
    """The lines and sums of what is ticked; nothing is written.

    Raises a DraftingRefused where they could not be drafted, except for locks, which are told.
    """
    entries, charges, names = ticked.entries, ticked.charges, ticked.names
    if not entries and not charges:
        raise SelectionEmpty
    refuse_unfit([entry._replace(is_locked=True) for entry in entries], names, allow_unlocked=True)
    customer = _customer_of(names, charges)
    _refuse_foreign(draft, customer)
    invoice = draft or _proposed(days_of(entries, charges), customer)
    lines = plan_work(
        invoice, entries, names, charges=charges, options=options, tenant=tenant
    ).lines
    return Preview(
        invoice=invoice,
        lines=lines,
        totals=totals(sums_of_planned(lines), invoice.currency),
        entries=len(entries),
        charges=len(charges),
        unlocked=sorted(
            {names.members[entry.member_id] for entry in entries if not entry.is_locked}
        ),
    )


@transaction.atomic
def draft_selection(
    composition: Composition,
    *,
    options: LineOptions,
    selected: Selected,
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
    wanted = set(ticked_keys(composition)) - set(different.gone)
    if accept == Accept.AS_SHOWN:
        wanted -= set(different.changed)
    if accept == Accept.AS_IT_IS:
        wanted |= set(different.new)
    if not wanted:
        raise SelectionEmpty
    picked = Picked.of_keys(wanted)
    entries, charges = read_work(Entry, picked.entries), read_work(ChargeWork, picked.charges)
    customer = _customer_of(Names(entries, charges), charges)
    _refuse_foreign(invoice, customer)
    entries = claim_entries(picked.entries, customer_id=customer.pk)
    charges = claim_charges(picked.charges, customer_id=customer.pk)
    left = wanted - {entry.id for entry in entries} - {-charge.id for charge in charges}
    if left:
        raise _changed(Changes(gone=sorted(left), taken=_taken(left)))
    if accept != Accept.AS_IT_IS:
        # Now that nobody can change them any more: one may have, after they were compared.
        _refuse_changed(composition, picked)
    if invoice is None:
        made = draft_claimed(
            entries,
            customer,
            charges=charges,
            actor=actor,
            allow_unlocked=allow_unlocked,
            options=options,
        )
    else:
        made = append_claimed(
            invoice, entries, charges, options=options, actor=actor, allow_unlocked=allow_unlocked
        )
    composition.options, composition.customer, composition.draft = options.to_json(), customer, made
    composition.save(update_fields=["options", "customer", "draft", "updated_at"])
    return made


def forget_old(*, now: datetime) -> int:
    """Delete selections nobody came back to; returns how many."""
    deleted, _by_kind = Composition.objects.filter(updated_at__lt=now - FORGOTTEN_AFTER).delete()
    return int(deleted)


def append_claimed(
    invoice: Invoice,
    entries: Sequence[Entry],
    charges: Sequence[ChargeWork] = (),
    *,
    options: LineOptions,
    actor: User | None,
    allow_unlocked: bool,
) -> Invoice:
    names = Names(entries, charges)
    refuse_unfit(entries, names, allow_unlocked=allow_unlocked)
    widen_service_days(invoice, days_of(entries, charges))
    touch(invoice, actor=actor)
    append_work(invoice, entries, names, charges=charges, options=options, actor=actor)
    log_added(invoice, entries, charges, actor=actor)
    return invoice


def _proposed(days: Iterable[date], customer: Customer) -> Invoice:
    """What lines are priced by; the rest of a new draft is proposed when it is made."""
    return Invoice(
        customer=customer,
        currency=customer.currency,
        language=customer.language,
        tax_point=max(days),
    )


def _customer_of(names: Names, charges: Sequence[ChargeWork]) -> Customer:
    customers: dict[int, Customer] = {
        project.customer_id: project.customer for project in names.projects.values()
    }
    loose = [charge.id for charge in charges if charge.project_id is None]
    if loose:
        customers |= Customer.objects.filter(charges__in=loose).distinct().in_bulk()
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
    composition.keys = list(current)
    composition.marks = list(current.values())
    composition.excluded = sorted(set(composition.excluded) & current.keys())


def _current(composition: Composition, selected: Selected) -> dict[int, int]:
    """Open, billable work -> a number that is another one as soon as the work is."""
    found: dict[int, int] = {}
    for works in selected.of_customer(composition.customer_id):
        rows = _open(works).values_list("pk", "mark")
        found |= {key_of(works.model, pk): mark for pk, mark in rows}
    return found


def _open(works: QuerySet[Any]) -> QuerySet[Any]:
    open_ones = works.filter(is_billable=True, billing_state=BillingState.OPEN)
    marked: QuerySet[Any] = open_ones.order_by(works.model.DAY, "pk").annotate(
        mark=_mark(works.model)
    )
    return marked


def _changed(different: Changes) -> WorkChanged:
    return WorkChanged(summary=str(different), changes=different)


def _refuse_changed(composition: Composition, picked: Picked) -> None:
    shown = dict(zip(composition.keys, composition.marks, strict=True))
    changed = []
    models: tuple[Any, Any] = (TimeEntry, Charge)
    for model, ids in zip(models, picked, strict=True):
        rows = model.objects.filter(pk__in=ids).order_by().annotate(mark=_mark(model))
        now = rows.values_list("pk", "mark") if ids else ()
        changed += [key_of(model, pk) for pk, mark in now if shown[key_of(model, pk)] != mark]
    if changed:
        raise _changed(Changes(changed=sorted(changed)))


# What a line is made of: when one of these changes, it is no longer what was shown.
_CONTENT: dict[type[Billable], tuple[str, ...]] = {
    TimeEntry: (
        "project_id", "member_id", "task_id", "work_date", "minutes", "rate", "description",
    ),
    Charge: (
        "kind", "customer_id", "project_id", "charge_date", "text", "destination", "quantity",
        "unit", "unit_price", "tax_rate_id", "account",
    ),
}  # fmt: skip


def _mark(model: type[Billable]) -> Func:
    texts = [Coalesce(Cast(F(name), TextField()), Value("")) for name in _CONTENT[model]]
    return Func(
        Func(Value("|"), *texts, function="concat_ws", output_field=TextField()),
        Value(0),
        function="hashtextextended",
        output_field=BigIntegerField(),
    )


def _taken(keys: Iterable[int]) -> list[Taken]:
    picked = Picked.of_keys(keys)
    sources = (
        Source.objects.filter(
            Q(time_entry_id__in=picked.entries) | Q(charge_id__in=picked.charges), released_at=None
        )
        .select_related("line__invoice", "time_entry__member", "charge__customer")
        .order_by("time_entry__work_date", "charge__charge_date", "pk")
    )
    taken = [Taken(source.time_entry or source.charge, source.line.invoice) for source in sources]
    draws = (
        PrepaidDraw.objects.filter(time_entry__in=picked.entries)
        .select_related("prepaid__line__invoice", "time_entry__member")
        .order_by("time_entry__work_date", "pk")
    )
    return taken + [Taken(draw.time_entry, draw.prepaid.invoice) for draw in draws]
