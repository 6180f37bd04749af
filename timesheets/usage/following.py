"""Fees and usage follow terms that change: at once, or by a worker where it is much.

A row of `TermsToFollow` is a customer who waits for the worker. It goes in the transaction that
charges this customer anew, so that a worker that dies leaves the rest to another one.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from customers.models import Customer
from tenants.models import User
from tenants.scope import current_tenant_id, tenant_scope
from timesheets.domain.holding import hold_hours
from timesheets.domain.packages.fees import Written, write_fees
from timesheets.models.packages import Package, Subscription, TermsToFollow
from timesheets.models.usage import UsageRecord
from timesheets.usage.charging import charge_usage
from timesheets.usage.errors import UsageSumTooLarge

# Terms that change are followed this far back; what is older was settled long ago.
FOLLOWED = timedelta(days=400)
# What is done while somebody waits.
MOST_SUBSCRIPTIONS, MOST_RECORDS = 100, 2_000
CUSTOMERS_IN_A_STEP = 5
LOST_AFTER = timedelta(minutes=3)
logger = logging.getLogger(__name__)


def follow_usage(customer_ids: Collection[int], *, actor: User | None) -> None:
    """The terms of these customers have changed: charge for their usage anew."""
    if _is_much(customer_ids):
        _leave_to_worker(customer_ids, actor)
    else:
        _charge(customer_ids, actor)


def follow_package(package: Package, *, actor: User | None) -> Written:
    """The prices of a package have changed: open fees and usage follow. What a worker does is not
    known yet."""
    subscriptions = Subscription.objects.filter(package=package).order_by("pk")
    customers = dict(subscriptions.values_list("pk", "customer_id"))
    if len(customers) > MOST_SUBSCRIPTIONS or _is_much(set(customers.values())):
        _leave_to_worker(set(customers.values()), actor)
        return Written()
    if not customers:
        return Written()
    written = write_fees(actor=actor, subscription_ids=list(customers))
    _charge(set(customers.values()), actor)
    return written


def work_off(tenant_id: int) -> None:
    """Charge all who wait, some customers at a time."""
    goes_on = True
    while goes_on:
        with tenant_scope(tenant_id):
            goes_on = follow_some()


@transaction.atomic
def follow_some() -> bool:
    """The next customers; whether there are more."""
    # Whoever changes terms holds the hours as well, so that nobody is asked for while he goes.
    hold_hours()
    waiting = TermsToFollow.objects.select_related("asked_by").order_by("pk")
    for row in waiting[:CUSTOMERS_IN_A_STEP]:
        ids = Subscription.objects.filter(customer=row.customer_id).values_list("pk", flat=True)
        write_fees(actor=row.asked_by, subscription_ids=list(ids))
        try:
            _charge([row.customer_id], row.asked_by)
        except UsageSumTooLarge as refusal:
            logger.warning("Usage does not follow its terms: %s", refusal)
        row.delete()
    return waiting.exists()


def sweep(*, now: datetime) -> None:
    """Hand over what no worker is at."""
    if TermsToFollow.objects.filter(asked_at__lt=now - LOST_AFTER).exists():
        _enqueue()


def _is_much(customer_ids: Collection[int]) -> bool:
    records = _records(customer_ids).order_by()[: MOST_RECORDS + 1]
    return records.count() > MOST_RECORDS


def _records(customer_ids: Collection[int]) -> QuerySet[UsageRecord]:
    since = timezone.localdate() - FOLLOWED
    found: QuerySet[UsageRecord] = UsageRecord.objects.filter(
        customer__in=customer_ids, usage_date__gte=since
    )
    return found


def _charge(customer_ids: Collection[int], actor: User | None) -> None:
    used = (
        _records(customer_ids)
        .order_by()
        .values("customer")
        .annotate(first=Min("usage_date"), last=Max("usage_date"))
    )
    days = {row["customer"]: (row["first"], row["last"]) for row in used}
    for customer in Customer.objects.filter(pk__in=days).order_by("pk"):
        charge_usage(customer, *days[customer.pk], actor=actor)


def _leave_to_worker(customer_ids: Collection[int], actor: User | None) -> None:
    TermsToFollow.objects.bulk_create(
        [TermsToFollow(customer_id=pk, asked_by=actor) for pk in sorted(customer_ids)],
        ignore_conflicts=True,
        batch_size=2000,
    )
    _enqueue()


def _enqueue() -> None:
    from timesheets.tasks import follow_terms

    transaction.on_commit(partial(follow_terms.delay, tenant_id=current_tenant_id()))
