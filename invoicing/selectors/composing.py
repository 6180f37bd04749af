"""Hours somebody is about to invoice: what there is, in three shares, and customer by customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncMonth, TruncWeek
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import ZERO, round_money
from core.periods import Period
from customers.models import Customer
from invoicing.models import Composition
from invoicing.selectors.visible import draftable_projects
from tenants.models import Membership
from timesheets.entry_filters import EntryFilter
from timesheets.models import BillingState, TimeEntry
from timesheets.selectors.selection import TICKED, selected_entries


class Share(TextChoices):
    BILLABLE = "billable", gettext_lazy("To be invoiced")
    NOT_BILLABLE = "not-billable", gettext_lazy("Not billable")
    SETTLED = "settled", gettext_lazy("Already billed")


class By(TextChoices):
    """What the entries of a share are grouped by to be looked at."""

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
# What groups: the key, and the column of its name where the key is a number.
_KEYS: Mapping[By, tuple[Any, str]] = {
    By.PROJECT: (F("project_id"), "project__name"),
    By.PERSON: (F("member_id"), "member__name"),
    By.TASK: (F("task_id"), "task__name"),
    By.DAY: (F("work_date"), ""),
    By.WEEK: (TruncWeek("work_date"), ""),
    By.MONTH: (TruncMonth("work_date"), ""),
}
_WORTH = ExpressionWrapper(
    F("minutes") * F("rate"), output_field=DecimalField(max_digits=24, decimal_places=4)
)
NO_KEY = "none"


@dataclass
class Part:
    """Some entries of one share. What is ticked is only told of those to be invoiced."""

    count: int = 0
    minutes: int = 0
    worth: Decimal = ZERO  # minutes × rate: sixty times the amount
    ticked: int = 0
    ticked_minutes: int = 0
    ticked_worth: Decimal = ZERO
    unlocked: int = 0  # of the ticked ones
    unpriced: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        worth = row["worth"] or ZERO
        self.count += row["count"]
        self.minutes += row["worked"]
        self.worth += worth
        if not row["is_out"]:
            self.ticked += row["count"]
            self.ticked_minutes += row["worked"]
            self.ticked_worth += worth
            self.unlocked += row["unlocked"]
            self.unpriced += row["unpriced"]


@dataclass
class Group:
    """Entries that are shown as one row. `amount` is in the customer's currency."""

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
        worth = self.shares[Share.BILLABLE].ticked_worth
        return round_money(worth / 60, self.customer.currency)

    @property
    def billable(self) -> Part:
        return self.shares[Share.BILLABLE]

    @property
    def not_billable(self) -> Part:
        return self.shares[Share.NOT_BILLABLE]

    @property
    def settled(self) -> Part:
        return self.shares[Share.SETTLED]


def entries_of(composition: Composition, membership: Membership) -> QuerySet[Any]:
    """What the selection finds now, of what this person may put onto drafts."""
    found = all_entries_of(composition, membership)
    if composition.customer_id is not None:
        found = found.filter(project__customer_id=composition.customer_id)
    return found


def all_entries_of(composition: Composition, membership: Membership) -> QuerySet[Any]:
    """Those of whichever customer."""
    found = selected_entries(QueryDict(composition.query), membership)
    return found.filter(project__in=draftable_projects(membership)).order_by()


def overview(composition: Composition, membership: Membership, *, shown: Share, by: By) -> Overview:
    """The three shares with their sums, and the groups of one of them; in one question."""
    assert composition.customer is not None
    currency = composition.customer.currency
    key, name = _KEYS[by]
    entries = _marked(entries_of(composition, membership), composition)
    columns = {"key": key, **({"title": F(name)} if name else {})}
    rows = _summed(entries, "share", "is_out", **columns)
    shares = {share: Group(share.value, str(share.label), currency) for share in Share}
    groups: dict[Any, Group] = {}
    for row in rows:
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
    entries = _marked(all_entries_of(composition, membership), composition)
    rows = _summed(entries, "share", "is_out", customer=F("project__customer_id"))
    customers: dict[int, Customer] = Customer.objects.in_bulk({row["customer"] for row in rows})
    found: dict[int, CustomerShare] = {}
    for row in rows:
        pk = row["customer"]
        if pk not in found:
            found[pk] = CustomerShare(customers[pk], {share: Part() for share in Share})
        found[pk].shares[Share(row["share"])].add(row)
    return sorted(
        found.values(),
        key=lambda one: (not one.billable.count, one.customer.name.casefold(), one.customer.pk),
    )


def entries_of_group(
    composition: Composition, membership: Membership, *, share: Share, by: By, key: str
) -> QuerySet[Any]:
    """The entries of one row of the overview, the first day first; of a wrong key none."""
    found = entries_of(composition, membership).filter(CONDITIONS[share])
    if key == NO_KEY and by is By.TASK:
        found = found.filter(task=None)
    elif by in (By.DAY, By.WEEK, By.MONTH):
        try:
            day = date.fromisoformat(key)
        except ValueError:
            return found.none()
        expression, _name = _KEYS[by]
        found = found.annotate(key=expression).filter(key=day)
    elif key.isascii() and key.isdecimal() and len(key) <= 18:
        found = found.filter(**{_KEYS[by][0].name: int(key)})
    else:
        return found.none()
    return found.order_by("work_date", "start_time", "member__name", "pk")


def billable_ids(entries: QuerySet[Any]) -> list[int]:
    return list(entries.filter(CONDITIONS[Share.BILLABLE]).values_list("pk", flat=True))


def selection_words(composition: Composition, membership: Membership) -> str:
    """What was selected, for the heading: its days, and what else it was narrowed by."""
    query = QueryDict(composition.query)
    if TICKED in query:
        return _("Ticked entries")
    filter_set = EntryFilter(query, queryset=TimeEntry.objects.none())
    if not filter_set.is_valid():
        return ""
    filter_set.offer([])
    words = [str(filter_set.period)] if filter_set.period else []
    for name in ("project", "task"):
        words += [label for pk, label in filter_set.form.fields[name].widget.choices if pk]
    if person := filter_set.form.cleaned_data.get("person"):
        words += Membership.objects.filter(tenant_id=membership.tenant_id, pk=person).values_list(
            "name", flat=True
        )
    if search := filter_set.form.cleaned_data.get("q"):
        words.append(f"“{search}”")
    return " · ".join(words)


def days_of_open_work(query: QueryDict, membership: Membership) -> Period | None:
    """From the first to the last day of what is open and billable, whatever days were asked."""
    everything = query.copy()
    everything["start"], everything["end"] = "2000-01-01", "2199-12-31"
    found = selected_entries(everything, membership).filter(
        CONDITIONS[Share.BILLABLE], project__in=draftable_projects(membership)
    )
    days = found.order_by().aggregate(first=Min("work_date"), last=Max("work_date"))
    return Period(days["first"], days["last"]) if days["first"] else None


def key_of(value: Any) -> str:
    """What a group is called in addresses."""
    if value is None:
        return NO_KEY
    return value.isoformat() if isinstance(value, date) else str(value)


def _marked(entries: QuerySet[Any], composition: Composition) -> QuerySet[Any]:
    """Out is what was ticked out, and what came after the selection was looked at."""
    ticked = set(composition.entry_ids) - set(composition.excluded_ids)
    out = RawSQL(
        'NOT ("timesheets_timeentry"."id" = ANY(%s::bigint[]))',
        [sorted(ticked)],
        output_field=BooleanField(),
    )
    marked: QuerySet[Any] = entries.annotate(share=_SHARE, is_out=out)
    return marked


def _summed(entries: QuerySet[Any], *names: str, **columns: Any) -> list[dict[str, Any]]:
    return list(
        entries.values(*names, **columns).annotate(
            count=Count("pk"),
            worked=Sum("minutes"),
            worth=Sum(_WORTH),
            unlocked=Count("pk", filter=Q(is_locked=False)),
            unpriced=Count("pk", filter=Q(rate=None)),
        )
    )


def _title(by: By, key: Any, name: str | None) -> str:
    if by is By.TASK and key is None:
        return _("Without a task")
    if by is By.DAY:
        return _day_words(key)
    if by is By.WEEK:
        year, week, _day = key.isocalendar()
        return _("Week %(week)s/%(year)s") % {"week": week, "year": year}
    if by is By.MONTH:
        return date_format(key, "F Y")
    return name or ""


def _day_words(day: date) -> str:
    return f"{date_format(day, 'D')} {date_format(day, 'SHORT_DATE_FORMAT')}"


def _in_order(groups: Mapping[Any, Group], by: By) -> list[Group]:
    if by in (By.DAY, By.WEEK, By.MONTH):
        return [groups[key] for key in sorted(groups)]
    return sorted(groups.values(), key=lambda group: (group.title.casefold(), group.key))
