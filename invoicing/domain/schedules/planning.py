"""The items of a run: one for each invoice that the open work of its period asks for."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.periods import Period
from customers.models import Customer, Project
from invoicing import schedule_errors as errors
from invoicing.domain.schedules.finishing import finish
from invoicing.domain.schedules.kinds import Place
from invoicing.domain.schedules.targets import Asked, Targets, kinds_of
from invoicing.models import InvoicingRun, InvoicingRunItem, Schedule
from timesheets.models import BillingState, Charge, ServiceOrder, TimeEntry


class TakenBack(Exception):
    """Rolls back what a trial has written."""


WHOLE, PROJECT, LOOSE, ORDER = "c", "p", "l", "o"


@dataclass(frozen=True)
class Wanted:
    """One invoice to be. `key` tells what it is of, whichever run it is in."""

    key: str
    customer: Customer
    only_projects: tuple[int, ...] = ()
    about: str = ""
    order_id: int | None = None


def wanted_of(asked: Asked, period: Period) -> list[Wanted]:
    """By the names of customers, and then of what it is about."""
    targets, kinds = Targets(asked), kinds_of(asked)
    places = [place for place in kinds.places(asked.days_of(period)) if targets.has(place)]
    customers = Customer.objects.in_bulk({customer_id for customer_id, _project in places})
    by_customer = asked.by == Schedule.By.CUSTOMER
    make = _by_customer if by_customer else _by_project
    found = list(make(places, targets, customers))
    if kinds.has_orders:
        found += _of_orders(targets, period)
    return sorted(
        found,
        key=lambda one: (
            one.customer.name.casefold(), one.customer.pk, one.about.casefold(), one.key,
        ),
    )  # fmt: skip


def period_of(run: InvoicingRun) -> Period:
    return Period(run.start_date, run.end_date)


@transaction.atomic
def plan_run(run_id: int, *, now: datetime | None = None) -> None:
    """Write down what is to be made; once, whoever comes second finds it done."""
    now = now or timezone.now()
    waiting = InvoicingRun.objects.filter(
        pk=run_id, planned_at=None, stopped_at=None, finished_at=None
    )
    run = waiting.select_for_update(of=("self",)).first()
    if run is None:
        return
    asked = Asked.from_json(run.asked)
    if asked.is_for_nobody:
        run.refusal = str(errors.WithoutAnyone())
        finish(run, now=now)
        return
    items = [
        InvoicingRunItem(
            run=run,
            schedule_id=run.schedule_id,
            start_date=run.start_date,
            end_date=run.end_date,
            key=one.key,
            position=position,
            customer=one.customer,
            order_id=one.order_id,
            only_projects=list(one.only_projects),
            name=one.customer.name,
            about=one.about[:160],
            currency=one.customer.currency,
        )
        for position, one in enumerate(_prepared(run, asked), start=1)
    ]
    InvoicingRunItem.objects.bulk_create(items)
    run.planned_at = run.going_since = now
    if asked.only_period and (count := _left_earlier(asked, period_of(run))):
        told = ngettext(
            "Open work of earlier periods is left out, as the schedule asks: of %(count)d customer."
            " It stays in Ready to invoice.",
            "Open work of earlier periods is left out, as the schedule asks: of %(count)d"
            " customers. It stays in Ready to invoice.",
            count,
        )
        _notice(run, told % {"count": count})
    if not items:
        _notice(run, _("There was no open work."))
        finish(run, now=now)
        return
    run.save(update_fields=["planned_at", "going_since", "notice", "updated_at"])


def _notice(run: InvoicingRun, sentence: str) -> None:
    run.notice = f"{run.notice} {sentence}".lstrip()


def _left_earlier(asked: Asked, period: Period) -> int:
    """How many customers have open work of days before the period."""
    targets, before = Targets(asked), Period(date.min, period.start - timedelta(days=1))
    places = kinds_of(asked).places(before)
    return len({place[0] for place in places if targets.has(place)})


def _prepared(run: InvoicingRun, asked: Asked) -> list[Wanted]:
    """With what has to be written down before it can be billed; a trial takes that back."""
    wanted: list[Wanted] = []
    with suppress(TakenBack), transaction.atomic():
        kinds_of(asked).prepare(period_of(run))
        wanted += wanted_of(asked, period_of(run))
        if run.is_trial:
            raise TakenBack
    return wanted


def _by_customer(
    places: Iterable[Place], targets: Targets, customers: Mapping[int, Customer]
) -> Iterator[Wanted]:
    some: dict[int, set[int]] = {}
    for customer_id, project_id in places:
        some.setdefault(customer_id, set()).add(project_id or 0)
    names = _names({pk for found in some.values() for pk in found} if not targets.is_all else ())
    for customer_id, project_ids in some.items():
        if targets.has_whole(customer_id):
            yield Wanted(f"{WHOLE}{customer_id}", customers[customer_id])
            continue
        only = tuple(sorted(project_ids))
        about = ", ".join(sorted(names[pk].name for pk in only))
        yield Wanted(f"{WHOLE}{customer_id}", customers[customer_id], only, about)


def _by_project(
    places: Iterable[Place], targets: Targets, customers: Mapping[int, Customer]
) -> Iterator[Wanted]:
    found = list(places)
    names = _names(project_id for _customer, project_id in found if project_id)
    for customer_id, project_id in found:
        customer = customers[customer_id]
        if project_id is None:
            yield Wanted(f"{LOOSE}{customer_id}", customer, about=_("Without a project"))
        else:
            name = names[project_id].name
            yield Wanted(f"{PROJECT}{project_id}", customer, (project_id,), name)


def _names(project_ids: Iterable[int]) -> dict[int, Project]:
    found: dict[int, Project] = Project.objects.in_bulk(set(project_ids))
    return found


def _of_orders(targets: Targets, period: Period) -> Iterator[Wanted]:
    """Those done by the end of the period that still have open work: one that was checked late is
    not left out for ever."""
    with_work = Q(pk__in=[])
    for model in (TimeEntry, Charge):
        work = model.objects.filter(
            service_order__isnull=False, is_billable=True, billing_state=BillingState.OPEN
        ).order_by()
        with_work |= Q(pk__in=work.values("service_order"))
    orders = (
        ServiceOrder.objects.filter(with_work, status=ServiceOrder.Status.DONE)
        .filter(done_at__date__lte=period.end)
        .select_related("customer")
        .order_by("number")
    )
    for order in orders:
        if targets.has((order.customer_id, order.project_id)):
            yield Wanted(f"{ORDER}{order.pk}", order.customer, (), str(order), order.pk)
