"""What can be invoiced in a period: rows by project or customer, priced as their drafts will be."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from django.db.models import Exists, OuterRef, TextChoices
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.money import ZERO
from customers.links import LinkedSystem, links_for
from customers.models import Customer, Project
from invoicing.domain.amounts import Totals, totals, work_net
from invoicing.domain.composing.planning import ChargeWork, PlannedLine
from invoicing.domain.lines import pick_tax_rate, tax_rates, version_on
from invoicing.models import PrepaidHours
from invoicing.selectors.billed_time import BilledTime, billed_time
from invoicing.selectors.ready_charges import ChargeSum, planned_charges
from invoicing.selectors.visible import invoiceable_projects
from invoicing.selectors.work import (
    DocumentOfWork,
    EarlierWork,
    WorkSum,
    billable_work,
    documents_of_charged_work,
    documents_of_work,
)
from tenants.models import Membership, Tenant
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets.models import BillingState

type Grouping = Literal["project", "customer"]


class RowState(TextChoices):
    """Where a row's hours are on their way; the order is that of the way."""

    READY = "ready", _("Ready")
    WAITING = "waiting", _("Waiting for locks")
    MEND = "mend", _("To be mended")
    DRAFTED = "drafted", _("Drafted")
    INVOICED = "invoiced", _("Invoiced")


OPEN_STATES = frozenset({RowState.READY, RowState.WAITING, RowState.MEND})
OPEN = "open"
# What is open becomes something else where locks, rates or tax rates are missing.
STATES_OF_HOURS: dict[str, RowState] = {
    BillingState.OPEN: RowState.READY,
    BillingState.DRAFTED: RowState.DRAFTED,
    BillingState.BILLED: RowState.INVOICED,
}
_HOURS_IN = {state: stored for stored, state in STATES_OF_HOURS.items()}
STATE_ORDER = {state: position for position, state in enumerate(RowState)}


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    manages: bool


@dataclass(frozen=True)
class ReadyLine:
    """What will be one line of the draft; `net` is None while the hours have no rate.

    `minutes` were worked, `billed_minutes` are charged for: they differ where time is rounded.
    """

    project: Project
    person: Person
    rate: Decimal | None
    minutes: int
    billed_minutes: int
    is_locked: bool
    net: Decimal | None
    tax_category: str
    tax_percent: Decimal

    @property
    def key(self) -> str:
        """What the line is called in addresses; a row has it once."""
        rate = "" if self.rate is None else f"{self.rate:f}"
        return f"{self.project.pk}-{self.person.id}-{rate}"


@dataclass
class PricedLine:
    """The part of a line that totals are made of."""

    net: Decimal
    tax_category: str
    tax_percent: Decimal


@dataclass
class ReadyRow:
    """A project's or a customer's work of the period that is in the same state."""

    grouping: Grouping
    state: RowState
    customer: Customer
    lines: list[ReadyLine]
    first_date: date
    last_date: date
    has_tax_rate: bool
    charges: list[PlannedLine] = field(default_factory=list)
    charge_projects: dict[int, Project] = field(default_factory=dict)
    may_draft: bool = False
    systems: list[LinkedSystem] = field(default_factory=list)
    documents: list[DocumentOfWork] = field(default_factory=list)
    # What is left of prepaid hours that cover these.
    prepaid_minutes: int = 0

    @property
    def key(self) -> str:
        """`p12` or `c7`: what a row is called in forms and addresses; `n7` is what a customer has
        without a project."""
        if self.grouping == "customer":
            return f"c{self.customer.pk}"
        return f"p{self.project.pk}" if self.project else f"n{self.customer.pk}"

    @cached_property
    def projects(self) -> list[Project]:
        found = {line.project.pk: line.project for line in self.lines} | self.charge_projects
        return sorted(found.values(), key=lambda project: (project.name.casefold(), project.pk))

    @property
    def project(self) -> Project | None:
        """None for a customer's charges without a project."""
        return self.projects[0] if self.projects else None

    @property
    def project_ids(self) -> list[int]:
        return [project.pk for project in self.projects]

    @cached_property
    def managers(self) -> list[Membership]:
        found = {p.manager.pk: p.manager for p in self.projects if p.manager is not None}
        return sorted(found.values(), key=lambda manager: manager.name.casefold())

    @cached_property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    @cached_property
    def charge_count(self) -> int:
        return sum(charge.records for line in self.charges for charge in line.charges)

    @property
    def charged_project_ids(self) -> set[int]:
        """0 stands for what belongs to no project."""
        return {charge.project_id or 0 for line in self.charges for charge in line.charges}

    @cached_property
    def charge_net(self) -> Decimal:
        return sum((line.net for line in self.charges), ZERO)

    @cached_property
    def people(self) -> list[str]:
        return _sorted_names(self.lines)

    @cached_property
    def unlocked_people(self) -> list[str]:
        return _sorted_names(line for line in self.lines if not line.is_locked)

    @cached_property
    def unpriced_people(self) -> list[str]:
        return _sorted_names(line for line in self.lines if line.net is None)

    @cached_property
    def unpriced_projects(self) -> list[Project]:
        lacking = {line.project.pk for line in self.lines if line.net is None}
        return [project for project in self.projects if project.pk in lacking]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def stage(self) -> str:
        """The state without the reason why open work waits: with the key it names the row."""
        return OPEN if self.is_open else self.state.value

    @cached_property
    def totals(self) -> Totals:
        """As `draft_work` will compute them: line by line, the tax once per rate."""
        priced = [
            PricedLine(line.net, line.tax_category, line.tax_percent)
            for line in self.lines
            if line.net is not None
        ]
        priced += [
            PricedLine(line.net, line.tax_rate.category, line.tax_rate.percent)
            for line in self.charges
        ]
        return totals(priced, self.currency)

    @property
    def currency(self) -> str:
        return self.customer.currency

    @property
    def net(self) -> Decimal:
        return self.totals.net

    @property
    def gross(self) -> Decimal | None:
        return self.totals.gross if self.has_tax_rate else None


@dataclass(frozen=True)
class Ready:
    rows: list[ReadyRow]
    earlier: EarlierWork | None
    people: dict[int, Person]

    @property
    def managers(self) -> list[Person]:
        found = [person for person in self.people.values() if person.manages]
        return sorted(found, key=lambda person: person.name.casefold())


@dataclass(frozen=True)
class _Prices:
    """Which tax rate a project's work has on a day, from rates read once."""

    rates: dict[int, TaxRate]
    every: list[TaxRate]

    def tax_rate(self, project: Project, day: date) -> TaxRate | None:
        own = [
            self.rates.get(rate_id or 0)
            for rate_id in (project.tax_rate_id, project.customer.tax_rate_id)
        ]
        return pick_tax_rate(day, own, self.every)

    def of_charge(
        self, charge: ChargeWork, project: Project | None, customer: Customer, day: date
    ) -> TaxRate | None:
        if charge.tax_rate_id is not None:
            return version_on(self.rates[charge.tax_rate_id], day, self.every)
        if project is not None:
            return self.tax_rate(project, day)
        return pick_tax_rate(day, [self.rates.get(customer.tax_rate_id or 0)], self.every)


@dataclass(frozen=True)
class _Lookups:
    tenant: Tenant
    projects: dict[int, Project]
    customers: dict[int, Customer]
    people: dict[int, Person]
    prices: _Prices
    billed: BilledTime


def read_ready(
    *,
    start: date,
    end: date,
    membership: Membership,
    grouping: Grouping = "project",
    project_ids: Collection[int] | None = None,
    loose_of: int | None = None,
) -> Ready:
    """Everything billable in the period that this person may see, whatever its state.

    With `project_ids` nothing else; `loose_of` is the customer whose charges without a project are
    shown beside them. The number of queries does not depend on how much there is.
    """
    seen = _seen_projects(membership, project_ids)
    found_work = billable_work(start, end, seen, tenant=membership.tenant, loose_of=loose_of)
    charges = found_work.charges
    work = [(STATES_OF_HOURS[state], found) for state, found in found_work.sums]
    used = {found.project_id for _state, found in work}
    used |= {found.charge.project_id for found in charges if found.charge.project_id is not None}
    projects: dict[int, Project] = _projects(used) if used else {}
    customers = {project.customer_id: project.customer for project in projects.values()}
    if lacking := {found.customer_id for found in charges} - customers.keys():
        customers |= Customer.objects.in_bulk(lacking)
    people = _people(membership)
    lookups = _Lookups(
        membership.tenant,
        projects,
        customers,
        people,
        _prices() if customers else _Prices({}, []),
        billed_time(found_work.rounded, projects, membership.tenant),
    )

    grouped: dict[tuple[RowState, int], tuple[list[WorkSum], list[ChargeSum]]] = defaultdict(
        lambda: ([], [])
    )
    for state, found in work:
        project = projects[found.project_id]
        owner_id = project.pk if grouping == "project" else project.customer_id
        grouped[state, owner_id][0].append(found)
    for charge in charges:
        # What belongs to no project is its customer's, told apart by the sign.
        owner_id = charge.charge.project_id or -charge.customer_id
        if grouping == "customer":
            owner_id = charge.customer_id
        grouped[STATES_OF_HOURS[charge.state], owner_id][1].append(charge)
    rows = [
        _row(grouping, state, sums, of_charges, lookups)
        for (state, _owner), (sums, of_charges) in grouped.items()
    ]
    for row in rows:
        row.may_draft = row.is_open and _may_draft(membership, row)
    return Ready(rows, found_work.earlier, people)


def _projects(ids: Collection[int]) -> dict[int, Project]:
    """With whether their customer ever had prepaid hours, of which few are then asked more."""
    bought = PrepaidHours.objects.filter(customer=OuterRef("customer"))
    found = Project.objects.select_related("customer", "manager")
    projects: dict[int, Project] = found.annotate(has_prepaid=Exists(bought)).in_bulk(ids)
    return projects


def attach_links(rows: Iterable[ReadyRow], *, start: date, end: date) -> None:
    """Read what only the rows on the page need: their accounting systems and documents."""
    rows = list(rows)
    systems = links_for({row.customer.pk for row in rows})
    settled = {pid for row in rows if not row.is_open for pid in row.project_ids}
    found: dict[tuple[RowState, int], list[DocumentOfWork]] = defaultdict(list)
    for document in documents_of_work(start, end, settled):
        found[STATES_OF_HOURS[document.state], document.project_id].append(document)
    charged = {row.customer.pk for row in rows if not row.is_open and row.charges}
    of_charges: dict[tuple[RowState, int, int], list[DocumentOfWork]] = defaultdict(list)
    for customer_id, document in documents_of_charged_work(start, end, charged):
        key = (STATES_OF_HOURS[document.state], customer_id, document.project_id)
        of_charges[key].append(document)
    for row in rows:
        row.systems = systems.get(row.customer.pk, [])
        if row.is_open:
            continue
        documents = {
            document.invoice_id: document
            for project_id in row.project_ids
            for document in found[row.state, project_id]
        }
        for project_id in row.charged_project_ids:
            for document in of_charges[row.state, row.customer.pk, project_id]:
                documents[document.invoice_id] = document
        row.documents = sorted(documents.values(), key=lambda document: document.invoice_id)


def _seen_projects(membership: Membership, project_ids: Collection[int] | None) -> list[int] | None:
    """None: no project is left out."""
    if membership.may(Permission.VIEW_INVOICE):
        return None if project_ids is None else list(project_ids)
    own = invoiceable_projects(membership).values_list("pk", flat=True)
    return [pk for pk in own if project_ids is None or pk in project_ids]


def _people(reader: Membership) -> dict[int, Person]:
    """Who manages what the reader may see is offered as a filter."""
    seen = invoiceable_projects(reader)
    manages = Exists(seen.filter(manager=OuterRef("pk")))
    members = Membership.objects.filter(tenant_id=current_tenant_id()).annotate(manages=manages)
    rows = members.order_by().values_list("pk", "name", "manages")
    return {pk: Person(pk, name, manages) for pk, name, manages in rows}


def _prices() -> _Prices:
    rates = list(tax_rates())
    return _Prices({rate.pk: rate for rate in rates}, rates)


def _row(
    grouping: Grouping,
    state: RowState,
    sums: Sequence[WorkSum],
    charges: Sequence[ChargeSum],
    lookups: _Lookups,
) -> ReadyRow:
    days = [found.charge.charge_date for found in charges]
    # The draft's tax point is its last day of work, for all of its lines.
    last_date = max([*days, *(found.last_date for found in sums)])
    projects = lookups.projects
    customer = (
        projects[sums[0].project_id].customer if sums else lookups.customers[charges[0].customer_id]
    )
    of_charges, has_tax_rate = planned_charges(
        charges,
        customer,
        lookups.tenant,
        lambda charge: lookups.prices.of_charge(
            charge, projects.get(charge.project_id or 0), customer, last_date
        ),
    )
    lines = []
    for found in sums:
        project = lookups.projects[found.project_id]
        tax_rate = lookups.prices.tax_rate(project, last_date)
        key = (_HOURS_IN[state], found.project_id, found.member_id, found.rate)
        billed = lookups.billed.get(key, found.minutes)
        has_tax_rate = has_tax_rate and tax_rate is not None
        lines.append(
            ReadyLine(
                project=project,
                person=lookups.people[found.member_id],
                rate=found.rate,
                minutes=found.minutes,
                billed_minutes=billed,
                is_locked=found.is_locked,
                net=None if found.rate is None else work_net(billed, found.rate, customer.currency),
                tax_category=tax_rate.category if tax_rate else "",
                tax_percent=tax_rate.percent if tax_rate else ZERO,
            )
        )
    lines.sort(
        key=lambda line: (
            line.project.name, line.project.pk, line.person.name, line.person.id, -(line.rate or 0),
        )
    )  # fmt: skip
    if state == RowState.READY:
        state = _open_state(lines, has_tax_rate=has_tax_rate)
    return ReadyRow(
        grouping=grouping,
        state=state,
        customer=customer,
        lines=lines,
        first_date=min([*days, *(found.first_date for found in sums)]),
        last_date=last_date,
        has_tax_rate=has_tax_rate,
        charges=of_charges,
        charge_projects={
            found.charge.project_id: projects[found.charge.project_id]
            for found in charges
            if found.charge.project_id is not None
        },
    )


def _open_state(lines: Iterable[ReadyLine], *, has_tax_rate: bool) -> RowState:
    lines = list(lines)
    if not has_tax_rate or any(line.net is None for line in lines):
        return RowState.MEND
    if all(line.is_locked for line in lines):
        return RowState.READY
    return RowState.WAITING


def _may_draft(membership: Membership, row: ReadyRow) -> bool:
    if membership.may(Permission.CREATE_INVOICE):
        return True
    is_loose = any(charge.project_id is None for line in row.charges for charge in line.charges)
    return (
        not is_loose
        and membership.may(Permission.CREATE_PROJECT_INVOICE)
        and all(project.manager_id == membership.pk for project in row.projects)
    )


def _sorted_names(lines: Iterable[ReadyLine]) -> list[str]:
    names = {line.person.id: line.person.name for line in lines}
    return sorted(names.values(), key=str.casefold)
