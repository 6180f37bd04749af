"""The customer accepts or declines, by the link or by telling somebody; what follows from it."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from customers.models import Project
from invoicing import quotation_errors as errors
from invoicing.domain.quotations.editing import held_quotation, state_words
from invoicing.models import Quotation, QuotationLine, Unit
from tenants.audit import log
from tenants.models import Membership, User
from timesheets.domain.orders.planning import create_order
from timesheets.models import ServiceOrder

LONGEST_NAME, LONGEST_REASON = 80, 500


@transaction.atomic
def accept_quotation(
    quotation_id: int, *, name: str, actor: User | None = None, now: datetime | None = None
) -> Quotation:
    """The offer holds as it went out. Without an actor the customer did it by the link."""
    quotation = _open(quotation_id)
    now = now or timezone.now()
    last = quotation.valid_until
    # Who notes what was said in time may do so later; the link is too late then.
    if actor is None and timezone.localdate(now) > last:
        day = date_format(last, "SHORT_DATE_FORMAT")
        raise errors.QuotationExpired(quotation=quotation.label, day=day)
    _decide(quotation, Quotation.Status.ACCEPTED, name, actor, now)
    log(
        "quotation.accepted", quotation, actor=actor, name=quotation.decided_name,
        amount=f"{quotation.gross_total} {quotation.currency}", sha256=quotation.sha256,
    )  # fmt: skip
    return quotation


@transaction.atomic
def decline_quotation(
    quotation_id: int,
    *,
    name: str,
    reason: str = "",
    actor: User | None = None,
    now: datetime | None = None,
) -> Quotation:
    quotation = _open(quotation_id)
    quotation.decline_reason = " ".join(reason.split())[:LONGEST_REASON]
    _decide(quotation, Quotation.Status.DECLINED, name, actor, now or timezone.now())
    log(
        "quotation.declined", quotation, actor=actor, name=quotation.decided_name,
        reason=quotation.decline_reason,
    )  # fmt: skip
    return quotation


@transaction.atomic
def make_order_of(quotation_id: int, *, actor: Membership) -> ServiceOrder:
    """The accepted quotation becomes a service order, which says what was offered."""
    quotation = _accepted(quotation_id)
    if quotation.service_order is not None:
        raise errors.BecameAlready(quotation=quotation.label, what=quotation.service_order.label)
    order = create_order(
        actor=actor,
        customer=quotation.customer,
        project=quotation.project,
        title=quotation.title,
        description=description_of(quotation),
    )
    quotation.service_order = order
    quotation.save(update_fields=["service_order", "changed_at"])
    log("quotation.became", quotation, actor=actor.user, order=order.label)
    return order


@transaction.atomic
def make_project_of(quotation_id: int, *, actor: User, name: str = "") -> Project:
    """The accepted quotation becomes a project; its description says what was offered."""
    quotation = _accepted(quotation_id)
    if quotation.project is not None:
        raise errors.BecameAlready(quotation=quotation.label, what=quotation.project.name)
    from customers.domain.registers import add_project

    project = add_project(
        actor=actor,
        customer=quotation.customer,
        name=name or quotation.title,
        description=description_of(quotation),
    )
    quotation.project = project
    quotation.save(update_fields=["project", "changed_at"])
    log("quotation.became", quotation, actor=actor, project=project.name)
    return project


def description_of(quotation: Quotation) -> str:
    """What was offered, for those who do it: without prices, and with the hours thought of."""
    lines = [
        line.text
        if line.kind == QuotationLine.Kind.TEXT
        else f"{line.text}: {line.quantity.normalize():f} {line.get_unit_display()}"
        for line in quotation.lines.all()
    ]
    return "\n".join([f"{quotation.label} {quotation.title}", *lines])[:4000]


def quoted_hours(quotation: Quotation) -> Decimal:
    """The hours thought of, days at eight."""
    hours = {Unit.HOUR: Decimal(1), Unit.DAY: Decimal(8), Unit.MINUTE: Decimal(1) / 60}
    lines = quotation.lines.filter(unit__in=hours)
    return sum((line.quantity * hours[Unit(line.unit)] for line in lines), Decimal(0))


def _open(quotation_id: int) -> Quotation:
    quotation = held_quotation(quotation_id)
    if quotation.status != Quotation.Status.SENT:
        raise errors.NotOpenToDecide(quotation=quotation.label, state=state_words(quotation))
    return quotation


def _accepted(quotation_id: int) -> Quotation:
    quotation = held_quotation(quotation_id)
    if quotation.status != Quotation.Status.ACCEPTED:
        raise errors.NotAccepted(quotation=quotation.label, state=state_words(quotation))
    return quotation


def _decide(
    quotation: Quotation,
    status: Quotation.Status,
    name: str,
    actor: User | None,
    now: datetime,
) -> None:
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise errors.DeciderMissing
    quotation.status, quotation.decided_at = status, now
    quotation.decided_name, quotation.noted_by = name, actor
    quotation.save(
        update_fields=[
            "status", "decided_at", "decided_name", "noted_by", "decline_reason", "changed_at",
        ]
    )  # fmt: skip
