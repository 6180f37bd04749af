"""From items of a run to drafts: a few statements for many customers."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Exists, OuterRef, Q

from core.errors import DomainError
from core.periods import Period
from core.templatetags.figures import hours
from customers.models import Project
from invoicing import schedule_errors as errors
from invoicing.domain.composing.claiming import (
    Entry,
    claim_charges_of_period,
    claim_period,
)
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.drafting import ClaimedWork, SomeRefused, draft_each
from invoicing.domain.prepaid.planning import plan_draw
from invoicing.domain.schedules.planning import LOOSE, ORDER, WHOLE, period_of
from invoicing.domain.schedules.targets import Asked, kinds_of
from invoicing.models import Invoice, InvoicingRun, InvoicingRunItem, PrepaidHours
from tenants.models import Membership
from timesheets.domain.holding import hold_hours
from timesheets.models import Charge


class ItemsRefused(Exception):
    """Nothing is made of any, because of these; by the items' ids."""

    def __init__(self, refusals: Mapping[int, DomainError]) -> None:
        super().__init__(refusals)
        self.refusals = refusals


def draft_items(
    items: Sequence[InvoicingRunItem], run: InvoicingRun, asked: Asked
) -> dict[int, Invoice]:
    """By item. The caller holds the items."""
    hold_hours()
    if refused := unfit(items):
        raise ItemsRefused(refused)
    refuse_held(items, asked)
    kinds, days = kinds_of(asked), asked.days_of(period_of(run))
    owners = _Owners(items)
    if kinds.has_hours:
        _refuse_prepaid(
            items, owners, days, allow_unlocked=not asked.only_locked, tag_ids=kinds.tags
        )
    kinds.prepare(days, {item.customer_id for item in items if item.customer_id})
    entries: dict[int, list[Entry]] = {item.pk: [] for item in items}
    charges: dict[int, list[ChargeWork]] = {item.pk: [] for item in items}
    if kinds.has_hours:
        for entry in claim_period(
            sorted(owners.by_project),
            days.start,
            days.end,
            with_orders=False,
            tag_ids=kinds.tags,
        ):
            entries[owners.by_project[entry.project_id]].append(entry)
    if kinds.charge_kinds:
        claimed = claim_charges_of_period(
            days.start,
            days.end,
            project_ids=sorted(owners.by_project),
            loose_of=sorted(owners.by_customer),
            kinds=sorted(kinds.charge_kinds),
            with_orders=False,
        )
        for item_id, charge in owners.of_charges(claimed):
            charges[item_id].append(charge)
    refused = _unlocked(entries) if asked.only_locked else {}
    refused |= {
        item.pk: errors.NoWorkLeft()
        for item in items
        if not entries[item.pk] and not charges[item.pk]
    }
    if refused:
        raise ItemsRefused(refused)
    works = [
        ClaimedWork(
            customer=item.customer,
            entries=entries[item.pk],
            charges=charges[item.pk],
            options=asked.options,
        )
        for item in items
    ]
    for item, work in zip(items, works, strict=True):
        item.earlier_count = sum(day < run.start_date for day in work.days)
    try:
        drafts = draft_each(works, actor=run.drafts_for, allow_unlocked=True, told={"run": run.pk})
    except SomeRefused as some:
        raise ItemsRefused(
            {items[place].pk: refusal for place, refusal in some.refusals.items()}
        ) from None
    return {item.pk: draft for item, draft in zip(items, drafts, strict=True)}


def _refuse_prepaid(
    items: Sequence[InvoicingRunItem],
    owners: "_Owners",
    days: Period,
    *,
    allow_unlocked: bool,
    tag_ids: Collection[int],
) -> None:
    """Nobody is charged by themselves for hours that they have paid in advance."""
    customers = {item.customer_id for item in items}
    prepaid = PrepaidHours.objects.filter(customer__in=customers).sold().with_balance()
    having = set(prepaid.filter(left_minutes__gt=0).values_list("customer", flat=True))
    refused: dict[int, DomainError] = {}
    for item in items:
        if item.customer is None or item.customer_id not in having:
            continue
        projects = [pk for pk, item_pk in owners.by_project.items() if item_pk == item.pk]
        plan = plan_draw(
            item.customer,
            since=days.start,
            until=days.end,
            project_ids=projects,
            tag_ids=tag_ids,
            allow_unlocked=allow_unlocked,
        )
        if plan.count:
            refused[item.pk] = errors.CoveredByPrepaid(hours=hours(plan.minutes))
    if refused:
        raise ItemsRefused(refused)


def refuse_held(items: Sequence[InvoicingRunItem], asked: Asked) -> None:
    """Refuse what an earlier run of the schedule has made for this period. A document that was
    discarded, deleted or cancelled since holds nobody up."""
    before = errors.InvoicedAlone if asked.only_period else errors.InvoicedBefore
    first = items[0]
    if first.schedule_id is None:
        return
    notes = Invoice.objects.filter(
        corrects=OuterRef("invoice"), status=Invoice.Status.POSTED, is_cancellation=True
    )
    held = InvoicingRunItem.objects.filter(
        schedule=first.schedule_id,
        start_date=first.start_date,
        end_date=first.end_date,
        key__in=[item.key for item in items],
        holds=True,
    )
    gone = Q(invoice=None) | Q(invoice__status=Invoice.Status.DISCARDED) | Q(Exists(notes))
    held.filter(pk__in=held.filter(gone).values("pk")).update(holds=False)
    documents = {item.key: item.invoice for item in held.select_related("invoice")}
    refused = {
        item.pk: before(document=documents[item.key]) for item in items if item.key in documents
    }
    if refused:
        raise ItemsRefused(refused)


def unfit(items: Sequence[InvoicingRunItem]) -> dict[int, DomainError]:
    """Those nothing can be made for, whatever work there is."""
    refused: dict[int, DomainError] = {}
    for item in items:
        is_order_gone = item.key.startswith(ORDER) and item.order_id is None
        if item.customer is None or is_order_gone:
            refused[item.pk] = errors.ItemGone()
        elif not item.customer.is_active:
            refused[item.pk] = errors.CustomerArchived(customer=item.customer)
    return refused


class _Owners:
    """Whose a project is, and whose a customer's charges without a project, among these items."""

    def __init__(self, items: Sequence[InvoicingRunItem]) -> None:
        whole = {
            item.customer_id: item.pk
            for item in items
            if item.customer_id and item.key.startswith(WHOLE) and not item.only_projects
        }
        self.by_project = {pk: item.pk for item in items for pk in item.only_projects}
        found = Project.objects.filter(customer__in=whole).order_by()
        for project_id, customer_id in found.values_list("pk", "customer_id"):
            self.by_project.setdefault(project_id, whole[customer_id])
        loose = {
            item.customer_id: item.pk
            for item in items
            if item.customer_id and item.key.startswith(LOOSE)
        }
        self.by_customer: dict[int, int] = {**whole, **loose}

    def of_charges(self, charges: Sequence[ChargeWork]) -> list[tuple[int, ChargeWork]]:
        loose = [charge.id for charge in charges if charge.project_id is None]
        found = Charge.objects.filter(pk__in=loose).order_by() if loose else Charge.objects.none()
        customers = dict(found.values_list("pk", "customer_id"))
        return [
            (
                self.by_customer[customers[charge.id]]
                if charge.project_id is None
                else self.by_project[charge.project_id],
                charge,
            )
            for charge in charges
        ]


def _unlocked(entries: Mapping[int, Sequence[Entry]]) -> dict[int, DomainError]:
    open_hours = {
        item_id: {entry.member_id for entry in found if not entry.is_locked}
        for item_id, found in entries.items()
    }
    names = dict(
        Membership.objects.filter(pk__in=set().union(*open_hours.values()))
        .order_by()
        .values_list("pk", "name")
    )
    return {
        item_id: errors.NotAllLocked(names=", ".join(sorted(names[pk] for pk in members)))
        for item_id, members in open_hours.items()
        if members
    }
