"""Adding, changing and removing rates. Hours keep the rate they have until it is recalculated."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.templatetags.figures import money
from customers.models import Customer, Project
from tenants.audit import changes_to, log
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import errors
from timesheets.domain.checks import MAX_RATE, in_words
from timesheets.models import Rate, RateLevel, Task

ONE_DAY = timedelta(days=1)
FIELDS_OF_LEVEL: dict[RateLevel, tuple[str, ...]] = {
    RateLevel.PROJECT_MEMBER: ("project", "member"),
    RateLevel.TASK: ("task",),
    RateLevel.PROJECT: ("project",),
    RateLevel.CUSTOMER: ("customer",),
    RateLevel.MEMBER: ("member",),
    RateLevel.TENANT: (),
}


def level_of(named: Mapping[str, Any]) -> RateLevel:
    """The level of a rate that names these."""
    there = {name for name, value in named.items() if value is not None}
    for level, names in FIELDS_OF_LEVEL.items():
        if set(names) == there:
            return level
    raise errors.RateNamesNoLevel


@transaction.atomic
def add_rate(
    *,
    actor: Membership,
    amount: Decimal,
    currency: str,
    start_date: date | None = None,
    end_date: date | None = None,
    customer: Customer | None = None,
    project: Project | None = None,
    task: Task | None = None,
    member: Membership | None = None,
    end_other: bool = False,
) -> Rate:
    """Add a rate. With `end_other` the one that holds until further notice ends the day before."""
    _check_actor(actor)
    named = {"customer": customer, "project": project, "task": task, "member": member}
    level_of(named)
    rate = Rate(**named, currency=currency, amount=amount, start_date=start_date, end_date=end_date)
    _check(rate)
    other = _overlapping(rate)
    if other is not None:
        if not (end_other and could_end_before(other, rate)):
            raise _overlap(other, rate)
        assert start_date is not None
        _write(other, actor, end_date=start_date - ONE_DAY)
        if (another := _overlapping(rate)) is not None:
            raise _overlap(another, rate)
    _save(rate)
    log("rate.added", rate, actor=actor.user, **_about(rate))
    return rate


@transaction.atomic
def change_rate(
    rate_id: int,
    *,
    actor: Membership,
    amount: Decimal,
    start_date: date | None,
    end_date: date | None,
) -> Rate:
    """Change amount and days. What a rate is for stays: another one is a new rate."""
    _check_actor(actor)
    rate = _claim(rate_id)
    _write(rate, actor, amount=amount, start_date=start_date, end_date=end_date)
    return rate


@transaction.atomic
def remove_rate(rate_id: int, *, actor: Membership) -> Rate:
    _check_actor(actor)
    rate = _claim(rate_id)
    log("rate.removed", rate, actor=actor.user, **_about(rate))
    rate.delete()
    return rate


def could_end_before(other: Rate, rate: Rate) -> bool:
    """Whether the other rate, ended the day before this one, leaves no day without a rate."""
    if rate.start_date is None:
        return False
    begins_earlier = other.start_date is None or other.start_date < rate.start_date
    reaches_less_far = rate.end_date is None or (
        other.end_date is not None and other.end_date <= rate.end_date
    )
    return begins_earlier and reaches_less_far


def rates_beside(rate: Rate) -> Any:
    """The other rates for exactly the same, in the same currency."""
    same = Rate.objects.filter(
        customer=rate.customer,
        project=rate.project,
        task=rate.task,
        member=rate.member,
        currency=rate.currency,
    )
    return same.exclude(pk=rate.pk).order_by("start_date", "pk")


def days_in_words(start: date | None, end: date | None) -> str:
    if start and end:
        return f"{in_words(start)} – {in_words(end)}"
    if start:
        return _("from %(day)s") % {"day": in_words(start)}
    if end:
        return _("until %(day)s") % {"day": in_words(end)}
    return _("at all times")


def _claim(rate_id: int) -> Rate:
    rate: Rate | None = (
        Rate.objects.select_related("customer", "project__customer", "task__project", "member")
        .select_for_update(of=("self",))
        .filter(pk=rate_id)
        .first()
    )
    if rate is None:
        raise errors.RateGone
    return rate


def _write(rate: Rate, actor: Membership, **values: Any) -> None:
    changed = changes_to(rate, values)
    if not changed:
        return
    _check(rate)
    other = _overlapping(rate)
    if other is not None:
        raise _overlap(other, None)
    _save(rate)
    about = _about(rate)
    log("rate.changed", rate, actor=actor.user, of=about.pop("of", ""), changes=changed)


def _save(rate: Rate) -> None:
    try:
        with transaction.atomic():
            rate.save()
    except IntegrityError as refused:
        diag = getattr(refused.__cause__, "diag", None)
        if diag is not None and diag.constraint_name == "rate_once_a_day_per_level":
            raise errors.RateThereAlready from refused
        raise


def _check_actor(actor: Membership) -> None:
    if not actor.may(Permission.SET_RATES):
        raise errors.RatesNotYours


def _check(rate: Rate) -> None:
    amount = rate.amount
    if not amount.is_finite() or not 0 <= amount < MAX_RATE:
        raise errors.RateAmountNotPossible
    if amount != amount.quantize(Decimal("0.0001")):
        raise errors.RateAmountNotPossible
    if rate.start_date and rate.end_date and rate.end_date < rate.start_date:
        raise errors.RateTurned
    customer = _customer_of(rate)
    if customer is not None and customer.currency != rate.currency:
        raise errors.RateInAnotherCurrency(customer=customer.name, currency=customer.currency)


def _customer_of(rate: Rate) -> Customer | None:
    project = rate.project or (rate.task.project if rate.task else None)
    customer: Customer | None = project.customer if project is not None else rate.customer
    return customer


def _overlapping(rate: Rate) -> Rate | None:
    others = rates_beside(rate)
    if rate.start_date:
        others = others.filter(Q(end_date=None) | Q(end_date__gte=rate.start_date))
    if rate.end_date:
        others = others.filter(Q(start_date=None) | Q(start_date__lte=rate.end_date))
    found: Rate | None = others.select_for_update().first()
    return found


def _overlap(other: Rate, rate: Rate | None) -> errors.RateOverlaps:
    ends = rate is not None and could_end_before(other, rate)
    refusal = errors.RateOverlapsOpenOne if ends else errors.RateOverlaps
    return refusal(
        amount=money(other.amount, other.currency),
        days=days_in_words(other.start_date, other.end_date),
    )


def _about(rate: Rate) -> dict[str, Any]:
    names = [str(value) for value in (rate.customer, rate.project, rate.task, rate.member) if value]
    detail: dict[str, Any] = {"of": ", ".join(names)} if names else {}
    detail |= {"amount": str(rate.amount), "currency": rate.currency}
    for name in ("start_date", "end_date"):
        if (day := getattr(rate, name)) is not None:
            detail[name] = day.isoformat()
    return detail
