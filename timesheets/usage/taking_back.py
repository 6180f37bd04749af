"""The records of an import are deleted, and what is charged follows: of a small one while somebody
waits, of a large one by a worker, some customers at a time."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from core.money import ZERO
from customers.models import Customer
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState
from timesheets.models.usage import UsageCharge, UsageImport, UsageProblem, UsageRecord
from timesheets.usage import errors, turns
from timesheets.usage.charging import charge_usage, usage_of
from timesheets.usage.rating import UsageKey
from timesheets.usage.stopping import recognising

TAKEN_WHILE_WAITING = 2_000
CUSTOMERS_IN_A_STEP = 20

State = UsageImport.State


@transaction.atomic
def take_back(import_id: int, *, actor: User | None) -> UsageImport:
    """Delete the records of an import, while what is charged of them can still be freed."""
    turns.hold_usage()
    usage_import = turns.held(import_id, State.DONE, State.FAILED)
    if (other := recognising(usage_import).first()) is not None:
        raise errors.UsageRecognised(file=other.file_name)
    if usage_import.state == State.DONE:
        usage_import.refusal = ""
    usage_import.state, usage_import.taken_back_by = State.TAKING_BACK, actor
    usage_import.line = usage_import.taken = usage_import.resumed = 0
    if usage_import.added > TAKEN_WHILE_WAITING:
        turns.enqueue(usage_import)
    else:
        while _take_some(usage_import):
            pass
    usage_import.save()
    return usage_import


def take_back_step(import_id: int) -> bool:
    """The next customers; `line` is the last one whose records are deleted."""
    turns.hold_usage()
    usage_import = turns.working(import_id, State.TAKING_BACK)
    if usage_import is None:
        return False
    usage_import.resumed = 0
    try:
        with transaction.atomic():
            goes_on = _take_some(usage_import)
    except errors.UsageRefused as refusal:
        goes_on = False
        leave(usage_import, refusal)
    usage_import.save()
    return goes_on


def leave(usage_import: UsageImport, refusal: errors.UsageRefused) -> None:
    """What is not taken back by now stays, and says why. Not saved."""
    was_failed = bool(usage_import.refusal)
    usage_import.state = State.FAILED if was_failed else State.DONE
    usage_import.refusal = str(refusal)[:500]
    _let_others_read()


def _take_some(usage_import: UsageImport) -> bool:
    """Whether there is more. The import is held by the caller, and saved."""
    if not usage_import.line:
        _refuse_billed(usage_import)
    left = UsageRecord.objects.filter(usage_import=usage_import, customer__gt=usage_import.line)
    ids = list(left.order_by("customer").values_list("customer", flat=True).distinct())
    now = ids[:CUSTOMERS_IN_A_STEP]
    if now:
        hold_hours()
        _refuse_billed(usage_import, now)
        deleted = _delete_records(usage_import, now)
        first, last = _days_of(usage_import)
        for customer in Customer.objects.filter(pk__in=now).order_by("pk"):
            charge_usage(customer, first, last, actor=usage_import.taken_back_by)
        usage_import.line = now[-1]
        usage_import.taken += deleted
    if len(ids) > len(now):
        return True
    usage_import.state, usage_import.refusal = State.TAKEN_BACK, ""
    UsageProblem.objects.filter(usage_import=usage_import).delete()
    _let_others_read()
    log(
        "usage.import_taken_back",
        usage_import,
        actor=usage_import.taken_back_by,
        rows=usage_import.taken,
    )
    return False


def _delete_records(usage_import: UsageImport, customer_ids: Collection[int]) -> int:
    """In one statement, without reading them first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM timesheets_usagerecord"
            " WHERE tenant_id = %s AND usage_import_id = %s AND customer_id = ANY(%s)",
            [current_tenant_id(), usage_import.pk, list(customer_ids)],
        )
        return int(cursor.rowcount)


def _refuse_billed(usage_import: UsageImport, customer_ids: Collection[int] | None = None) -> None:
    """What stays charged has to be covered by the usage that is left without this import."""
    affected = UsageRecord.objects.filter(usage_import=usage_import).order_by()
    settled = (
        UsageCharge.objects.filter(
            ~Q(charge__billing_state=BillingState.OPEN, charge__is_billable=True),
            customer__in=affected.values("customer") if customer_ids is None else customer_ids,
            usage_date__range=_days_of(usage_import),
        )
        .order_by()
        .values_list("customer", "usage_date", "destination", "unit", "rate")
        .annotate(Sum("charge__quantity"))
    )
    charged: dict[int, list[tuple[UsageKey, Decimal]]] = defaultdict(list)
    for customer_id, *key, quantity in settled:
        charged[customer_id].append((UsageKey(*key), quantity))
    for customer in Customer.objects.filter(pk__in=charged).order_by("pk"):
        left = usage_of(customer, *_days_of(usage_import), without=usage_import)
        if any(quantity > left.get(key, ZERO) for key, quantity in charged[customer.pk]):
            if usage_import.taken:
                raise errors.UsageBilledMeanwhile(taken=usage_import.taken, customer=customer.name)
            raise errors.UsageIsBilled(customer=customer.name)


def _days_of(usage_import: UsageImport) -> tuple[date, date]:
    today = timezone.localdate()
    return usage_import.first_date or today, usage_import.last_date or today


def _let_others_read() -> None:
    """Files wait while another one is taken back, so that they rely on nothing that goes."""
    for waiting in UsageImport.objects.filter(state=State.READING):
        turns.enqueue(waiting)
