"""Work somebody is about to invoice: what there is, in three shares, and customer by customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import TruncMonth, TruncWeek
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import ZERO, round_money
from core.periods import Period
from customers.custom_forms import PREFIX
from customers.models import Customer
from invoicing.domain.composing import selections
from invoicing.domain.composing.selections import Picked, Selected
from invoicing.models import Composition
from invoicing.selectors.visible import draftable_projects
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.models import Billable, BillingState, Charge, TimeEntry
from timesheets.requested import number_of
from timesheets.selectors.selection import TICKED, selected_charges, selected_entries
from timesheets.views.charges.filters import ChargeFilter
from timesheets.views.entries.filters import EntryFilter
from timesheets.work_filters import LOCK_STATES
from timesheets.work_kinds import CHARGES, OF


class Share(TextChoices):
    BILLABLE = "billable", gettext_lazy("To be invoiced")
    NOT_BILLABLE = "not-billable", gettext_lazy("Not billable")
    SETTLED = "settled", gettext_lazy("Already billed")


class By(TextChoices):
    """What the work of a share is grouped by to be looked at."""

    PROJECT = "project", gettext_lazy("Project")
    PERSON = "person", gettext_lazy("Person")
    TASK = "task", gettext_lazy("Task")
    DAY = "day", gettext_lazy("Day")
    WEEK = "week", gettext_lazy("Week")
    MONTH = "month", gettext_lazy("Month")


CONDITIONS: Mapping[Share, Q] = {
    Share.BILLABLE: Q(is_billable=True, billing_state=BillingState.OPEN),
    Share.NOT_BILLABLE: Q(is_billable=False, billing_state=BillingState.OPEN),
    Share.SETTLED: ~Q(billing_state=BillingState.OPEN),
}
_SHARE = Case(
    When(CONDITIONS[Share.SETTLED], then=Value(Share.SETTLED.value)),
    When(is_billable=True, then=Value(Share.BILLABLE.value)),
    default=Value(Share.NOT_BILLABLE.value),
)
_DATES = {By.WEEK: TruncWeek, By.MONTH: TruncMonth}
# What groups otherwise: the key, and the column of its name. Charges are no work of a task.
_COLUMNS: Mapping[By, tuple[str, str]] = {
    By.PROJECT: ("project_id", "project__name"),
    By.PERSON: ("member_id", "member__name"),
    By.TASK: ("task_id", "task__name"),
}
# Sixty times the amount: thirds of an hour would be rounded before they are summed up.
_WORTH: Mapping[type[Billable], Any] = {
    TimeEntry: F("minutes") * F("rate"),
    Charge: F("quantity") * F("unit_price") * 60,
}
_MONEY = DecimalField(max_digits=34, decimal_places=12)
CHARGES_KEY = "charges"
NO_KEY = "none"


@dataclass
class Part:
    """Some work of one share. What is ticked is only told of what is to be invoiced; `count` and
    `ticked` are of both kinds, `charges` of them charges."""

    count: int = 0
    charges: int = 0
    minutes: int = 0
    worth: Decimal = ZERO  # sixty times the amount
    ticked: int = 0
    ticked_charges: int = 0
    ticked_minutes: int = 0
    ticked_worth: Decimal = ZERO
    unlocked: int = 0  # of the ticked ones
    unpriced: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        worth = row["worth"] or ZERO
        charges = row["count"] if row["is_charge"] else 0
        self.count += row["count"]
        self.charges += charges
        self.minutes += row["worked"]
        self.worth += worth
        if not row["is_out"]:
            self.ticked += row["count"]
            self.ticked_charges += charges
            self.ticked_minutes += row["worked"]
            self.ticked_worth += worth
            self.unlocked += row["unlocked"]
            self.unpriced += row["unpriced"]

    @property
    def entries(self) -> int:
        return self.count - self.charges


@dataclass
class Group:
    """Work that is shown as one row. `amount` is in the customer's currency."""

    key: str
    title: str
    currency: str
    part: Part = field(default_factory=Part)

    @property
    def amount(self) -> Decimal:
        return round_money(self.part.worth / 60, self.currency)

    @property
    def ticked_amount(self) -> Decimal:
        return round_money(self.part.ticked_worth / 60, self.currency)


@dataclass(frozen=True)
class Overview:
    shares: Mapping[Share, Group]
    groups: list[Group]
    shown: Share

    @property
    def ticked(self) -> Group:
        return self.shares[Share.BILLABLE]


@dataclass
class CustomerShare:
    """One customer of a selection that spans several."""

    customer: Customer
    shares: dict[Share, Part]

    @property
    def amount(self) -> Decimal:
        return round_money(self.billable.ticked_worth / 60, self.customer.currency)

    @property
    def billable(self) -> Part:
        return self.shares[Share.BILLABLE]

    @property
    def not_billable(self) -> Part:
        return self.shares[Share.NOT_BILLABLE]

    @property
    def settled(self) -> Part:
        return self.shares[Share.SETTLED]


def works_of(composition: Composition, membership: Membership) -> Selected:
    """What the selection finds now, of what this person may put onto drafts."""
    return all_works_of(composition, membership).of_customer(composition.customer_id)


def all_works_of(composition: Composition, membership: Membership) -> Selected:
    """Those of whichever customer."""
    return _selected(QueryDict(composition.query), membership)


def _selected(query: QueryDict, membership: Membership) -> Selected:
    """A query of the list of hours finds charges too, unless it asks for what only hours have."""
    projects = draftable_projects(membership)
    entries = selected_entries(query, membership).filter(project__in=projects).order_by()
    mine = Q(project__in=projects)
    if membership.may(Permission.CREATE_INVOICE):
        mine |= Q(project=None)
    if query.get(OF) == CHARGES.name:
        return Selected(entries.none(), selected_charges(query, membership).filter(mine).order_by())
    if not _has_charges(query):
        return Selected(entries, Charge.objects.none())
    alike = QueryDict(mutable=True)
    for name in _ALIKE & query.keys():
        alike.setlist(name, query.getlist(name))
    return Selected(entries, selected_charges(alike, membership).filter(mine).order_by())


# What charges are narrowed by in the same words; by a task, a search or an own field they are not.
_ALIKE = {"start", "end", "person", "customer", "project", "order", "billable", "state"}


def _has_charges(query: QueryDict) -> bool:
    narrowing = {
        name
        for name, value in query.items()
        if value and (name in EntryFilter.base_filters or name.startswith(PREFIX) or name == TICKED)
    }
    return narrowing <= _ALIKE and query.get("state") not in LOCK_STATES


def overview(composition: Composition, membership: Membership, *, shown: Share, by: By) -> Overview:
    """The three shares with their sums, and the groups of one of them; a question for each kind."""
    assert composition.customer is not None
    currency = composition.customer.currency
    shares = {share: Group(share.value, str(share.label), currency) for share in Share}
    groups: dict[Any, Group] = {}
    for works in _marked(works_of(composition, membership), composition):
        for row in _summed(works, **_columns(works.model, by)):
            share = Share(row["share"])
            shares[share].part.add(row)
            if share is not shown:
                continue
            if row["key"] not in groups:
                title = _title(by, row["key"], row.get("title"))
                groups[row["key"]] = Group(key_of(row["key"]), title, currency)
            groups[row["key"]].part.add(row)
    return Overview(shares, _in_order(groups, by), shown)


def customers_of(composition: Composition, membership: Membership) -> list[CustomerShare]:
    """Customer by customer, by name; those with nothing to be invoiced last."""
    rows = [
        row
        for works in _marked(all_works_of(composition, membership), composition)
        for row in _summed(works, of_customer=F(f"{works.model.CUSTOMER}_id"))
    ]
    customers: dict[int, Customer] = Customer.objects.in_bulk({row["of_customer"] for row in rows})
    found: dict[int, CustomerShare] = {}
    for row in rows:
        pk = row["of_customer"]
        if pk not in found:
            found[pk] = CustomerShare(customers[pk], {share: Part() for share in Share})
        found[pk].shares[Share(row["share"])].add(row)
    return sorted(
        found.values(),
        key=lambda one: (not one.billable.count, one.customer.name.casefold(), one.customer.pk),
    )


def works_of_group(
    composition: Composition, membership: Membership, *, share: Share, by: By, key: str
) -> Selected:
    """The work of one row of the overview, the first day first; of a wrong key none."""
    found = works_of(composition, membership)
    return Selected(
        *(
            _of_key(works.filter(CONDITIONS[share]), by, key).order_by(*_ORDER[works.model])
            for works in found
        )
    )


_ORDER: Mapping[type[Billable], tuple[str, ...]] = {
    TimeEntry: ("work_date", "start_time", "member__name", "pk"),
    Charge: ("charge_date", "pk"),
}


def _of_key(works: QuerySet[Any], by: By, key: str) -> QuerySet[Any]:
    if by in (By.DAY, By.WEEK, By.MONTH):
        try:
            day = date.fromisoformat(key)
        except ValueError:
            return works.none()
        works = works.annotate(key=_columns(works.model, by)["key"])
        return works.filter(key=day)
    if by is By.TASK and works.model is Charge:
        return works if key == CHARGES_KEY else works.none()
    column, _name = _COLUMNS[by]
    if key == NO_KEY:
        return works.filter(**{f"{column}__isnull": True})
    number = number_of(key)
    return works.none() if number is None else works.filter(**{column: number})


def billable_keys(works: Selected) -> list[int]:
    return [
        selections.key_of(one.model, pk)
        for one in works
        for pk in one.filter(CONDITIONS[Share.BILLABLE]).values_list("pk", flat=True)
    ]


def selection_words(composition: Composition, membership: Membership) -> str:
    """What was selected, for the heading: its days, and what else it was narrowed by."""
    query = QueryDict(composition.query)
    is_of_charges = query.get(OF) == CHARGES.name
    if TICKED in query:
        return _("Ticked charges") if is_of_charges else _("Ticked entries")
    filters: Any = ChargeFilter if is_of_charges else EntryFilter
    filter_set = filters(query, queryset=Charge.objects.none())
    if not filter_set.is_valid():
        return ""
    filter_set.offer([])
    words = [str(filter_set.period)] if filter_set.period else []
    for name in ("project", "task"):
        field = filter_set.form.fields.get(name)
        words += [label for pk, label in field.widget.choices if pk] if field else []
    if person := filter_set.form.cleaned_data.get("person"):
        words += Membership.objects.filter(tenant_id=membership.tenant_id, pk=person).values_list(
            "name", flat=True
        )
    if search := filter_set.form.cleaned_data.get("q"):
        words.append(f"“{search}”")
    return " · ".join(words) or (_("Charges") if is_of_charges else "")


def days_of_open_work(query: QueryDict, membership: Membership) -> Period | None:
    """From the first to the last day of what is open and billable, whatever days were asked."""
    everything = query.copy()
    everything["start"], everything["end"] = "2000-01-01", "2199-12-31"
    days: list[date] = []
    for works in _selected(everything, membership):
        day = works.model.DAY
        found = works.filter(CONDITIONS[Share.BILLABLE]).aggregate(first=Min(day), last=Max(day))
        days += [one for one in found.values() if one]
    return Period(min(days), max(days)) if days else None


def key_of(value: Any) -> str:
    """What a group is called in addresses."""
    if value is None:
        return NO_KEY
    return value.isoformat() if isinstance(value, date) else str(value)


def _marked(works: Selected, composition: Composition) -> list[QuerySet[Any]]:
    """Out is what was ticked out, and what came after the selection was looked at. A kind of which
    nothing can be found is left out."""
    ticked = Picked.of_keys(set(composition.keys) - set(composition.excluded))
    marked = []
    for one, ids in zip(works, ticked, strict=True):
        ids_shown = Value(ids, output_field=ArrayField(BigIntegerField()))
        out = Func(
            F("pk"),
            ids_shown,
            arg_joiner=" <> ALL (",
            template="%(expressions)s::bigint[])",
            output_field=BooleanField(),
        )
        if not one.query.is_empty():
            marked.append(one.annotate(share=_SHARE, is_out=out))
    return marked


def _columns(model: type[Billable], by: By) -> dict[str, Any]:
    """What the work is grouped by: the key, and its name where the key is a number."""
    if by in _COLUMNS:
        if by is By.TASK and model is Charge:
            return {"key": Value(CHARGES_KEY)}
        key, name = _COLUMNS[by]
        return {"key": F(key), "title": F(name)}
    return {"key": _DATES[by](model.DAY) if by in _DATES else F(model.DAY)}


def _summed(works: QuerySet[Any], **columns: Any) -> list[dict[str, Any]]:
    is_hours = works.model is TimeEntry
    worth = ExpressionWrapper(_WORTH[works.model], output_field=_MONEY)
    rows = works.values("share", "is_out", **columns).annotate(
        count=Count("pk"),
        worth=Sum(worth),
        worked=Sum("minutes") if is_hours else Value(0),
        unlocked=Count("pk", filter=Q(is_locked=False)) if is_hours else Value(0),
        unpriced=Count("pk", filter=Q(rate=None)) if is_hours else Value(0),
    )
    return [row | {"is_charge": not is_hours} for row in rows]


def _title(by: By, key: Any, name: str | None) -> str:
    if key == CHARGES_KEY:
        return _("Charges")
    if key is None:
        return str(_WITHOUT[by])
    if by is By.DAY:
        return _day_words(key)
    if by is By.WEEK:
        year, week, _day = key.isocalendar()
        return _("Week %(week)s/%(year)s") % {"week": week, "year": year}
    if by is By.MONTH:
        return date_format(key, "F Y")
    return name or ""


_WITHOUT = {
    By.PROJECT: gettext_lazy("Without a project"),
    By.PERSON: gettext_lazy("Nobody's"),
    By.TASK: gettext_lazy("Without a task"),
}


def _day_words(day: date) -> str:
    return f"{date_format(day, 'D')} {date_format(day, 'SHORT_DATE_FORMAT')}"


def _in_order(groups: Mapping[Any, Group], by: By) -> list[Group]:
    if by in (By.DAY, By.WEEK, By.MONTH):
        return [groups[key] for key in sorted(groups)]
    return sorted(groups.values(), key=lambda group: (group.title.casefold(), group.key))
