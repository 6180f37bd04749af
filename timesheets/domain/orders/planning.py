"""The office's side: what is to be done, where, when and by whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import connection, transaction

from customers.models import Customer, Project
from tenants.audit import changes_to, log
from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import order_errors as errors
from timesheets.domain import checks
from timesheets.domain.orders.access import may_plan, order_to_plan
from timesheets.domain.orders.shown import refuse_changed_plan
from timesheets.models import Charge, ServiceOrder, TimeEntry

Status = ServiceOrder.Status
LONGEST_REASON = 300


class OrderValues(TypedDict, total=False):
    customer: Customer
    project: Project | None
    title: str
    description: str
    site_address: str
    contact_name: str
    contact_phone: str
    planned_start_at: datetime | None
    planned_end_at: datetime | None
    technician: Membership | None


@transaction.atomic
def create_order(*, actor: Membership, **values: Unpack[OrderValues]) -> ServiceOrder:
    """Write an order. It is scheduled as soon as project, technician and start are known."""
    order = ServiceOrder(created_by=actor.user, **_tidied(values))
    if not order.site_address:
        order.site_address = site_of(order.customer)
    _check(order, actor)
    _check_customer(order)
    _check_technician(order)
    order.status = _planned_status(order)
    order.number = _next_number()
    order.save(force_insert=True)
    log("order.created", order, actor=actor.user, customer=order.customer.name)
    return order


@transaction.atomic
def change_order(
    order_id: int,
    *,
    actor: Membership,
    seen: Mapping[str, str] | None = None,
    **values: Unpack[OrderValues],
) -> ServiceOrder:
    """Change the plan. Customer and project stay once hours or parts are recorded.

    With `seen`, digests of what a form showed, nothing that others changed since is overwritten.
    """
    order = order_to_plan(order_id, actor)
    if not order.is_open:
        raise errors.OrderIsOver(order=order.label, state=order.state_in_words)
    before = (order.customer_id, order.project_id, order.technician_id)
    tidied = _tidied(values)
    refuse_changed_plan(order, seen, tidied, actor=actor)
    changes = changes_to(order, tidied)
    if not changes:
        return order
    _check(order, actor)
    moved = (order.customer_id, order.project_id) != before[:2]
    if moved and has_work(order):
        raise errors.OrderHasWork
    if moved:
        _check_customer(order)
    if order.technician_id != before[2]:
        _check_technician(order)
    if order.status != Status.IN_PROGRESS:
        order.status = _planned_status(order)
    elif order.project is None or order.technician is None:
        raise errors.OrderInProgress
    order.save()
    log("order.changed", order, actor=actor.user, changes=changes)
    return order


@transaction.atomic
def cancel_order(order_id: int, *, reason: str, actor: Membership) -> ServiceOrder:
    """It will not be done. What has been worked on is done, not cancelled."""
    order = order_to_plan(order_id, actor)
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not order.is_open:
        raise errors.OrderStartedAlready(order=order.label, state=order.state_in_words)
    if not reason:
        raise errors.CancelReasonMissing
    if has_work(order):
        raise errors.OrderWasWorkedOn(order=order.label)
    order.status, order.cancel_reason = Status.CANCELLED, reason
    order.clock_started_at = order.clock_member = None
    order.save()
    log("order.cancelled", order, actor=actor.user, reason=reason)
    return order


@transaction.atomic
def revive_order(order_id: int, *, actor: Membership) -> ServiceOrder:
    """A cancelled order is planned again."""
    order = order_to_plan(order_id, actor)
    if order.status != Status.CANCELLED:
        raise errors.OrderStartedAlready(order=order.label, state=order.state_in_words)
    order.status, order.cancel_reason, order.started_at = _planned_status(order), "", None
    order.save()
    log("order.revived", order, actor=actor.user)
    return order


def has_work(order: ServiceOrder) -> bool:
    return (
        TimeEntry.objects.filter(service_order=order).exists()
        or Charge.objects.filter(service_order=order).exists()
    )


def site_of(customer: Customer) -> str:
    """Where things are delivered to, or else where the customer is."""
    for kind in ("delivery_", ""):
        street, code, city = (
            getattr(customer, f"{kind}{name}") for name in ("street", "postal_code", "city")
        )
        lines = [street, f"{code} {city}".strip()]
        if any(lines):
            return "\n".join(filter(None, lines))
    return ""


def _planned_status(order: ServiceOrder) -> ServiceOrder.Status:
    is_planned = order.project and order.technician and order.planned_start_at
    return Status.SCHEDULED if is_planned else Status.NEW


def _tidied(values: OrderValues) -> dict[str, Any]:
    tidied: dict[str, Any] = dict(values)
    for name in ("title", "contact_name", "contact_phone"):
        if name in tidied:
            tidied[name] = " ".join(tidied[name].split())
    for name in ("description", "site_address"):
        if name in tidied:
            tidied[name] = tidied[name].replace("\r\n", "\n").strip()
    return tidied


def _check(order: ServiceOrder, actor: Membership) -> None:
    if not order.title:
        raise errors.OrderWithoutTitle
    project = order.project
    if project is not None and project.customer_id != order.customer_id:
        raise errors.OrderOfAnotherCustomer(project=project.name, customer=project.customer.name)
    if not may_plan(actor, project):
        if actor.may(Permission.MANAGE_PROJECT_ORDERS):
            raise errors.OrderNeedsOwnProject
        raise errors.OrderNotYours
    start, end = order.planned_start_at, order.planned_end_at
    if end and not start:
        raise errors.PlannedWithoutStart
    if start and end and end <= start:
        raise errors.PlannedTurned
    if order.technician and start and project is None:
        raise errors.OrderNeedsProject(customer=order.customer.name)


def _check_customer(order: ServiceOrder) -> None:
    if not order.customer.is_active:
        raise errors.OrderCustomerClosed(customer=order.customer.name)
    if order.project is not None:
        checks.check_place(order.project, None)


def _check_technician(order: ServiceOrder) -> None:
    person = order.technician
    if person and not (person.is_active and person.may(Permission.RECORD_HOURS)):
        raise errors.TechnicianGone(person=person.name)


def _next_number() -> int:
    """Counted per tenant; whoever comes at the same time waits for the counter's row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timesheets_serviceordercounter (tenant_id, last) VALUES (%s, 1)"
            " ON CONFLICT (tenant_id) DO UPDATE SET last = timesheets_serviceordercounter.last + 1"
            " RETURNING last",
            [current_tenant_id()],
        )
        [number] = cursor.fetchone()
    return int(number)
