"""From a service order that is done and checked to the draft of its labour and parts."""

from django.db import transaction

from invoicing.domain.composing.claiming import claim_charges, claim_entries
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.drafting import draft_claimed
from invoicing.errors import (
    OrderNotChecked,
    OrderNotDone,
    OrderOnDocument,
    OrderWithoutWork,
)
from invoicing.models import Invoice, Source
from tenants.audit import log
from tenants.models import User
from timesheets.domain.orders.access import held_order
from timesheets.domain.orders.checking import Part
from timesheets.models import Charge, ServiceOrder, TimeEntry


@transaction.atomic
def draft_order(order_id: int, *, actor: User | None, options: LineOptions = STANDARD) -> Invoice:
    """Put the open billable hours and parts of the order onto a new draft."""
    order = held_order(order_id)
    _refuse_unready(order)
    entries, parts = (
        list(model.objects.filter(service_order=order).order_by().values_list("pk", flat=True))
        for model in (TimeEntry, Charge)
    )
    # The check holds the hours as a lock would, also where a company demands locks.
    claimed = [
        entry._replace(is_locked=True)
        for entry in claim_entries(entries, customer_id=order.customer_id)
    ]
    charges = claim_charges(parts, customer_id=order.customer_id)
    if not claimed and not charges:
        raise _why_nothing(order)
    invoice = draft_claimed(
        claimed,
        order.customer,
        charges=charges,
        actor=actor,
        options=options,
    )
    invoice.comment = str(order)
    invoice.save(update_fields=["comment"])
    log("order.drafted", order, actor=actor, draft=invoice.pk)
    return invoice


def _refuse_unready(order: ServiceOrder) -> None:
    if order.status != ServiceOrder.Status.DONE:
        raise OrderNotDone(order=order.label, state=order.state_in_words)
    missing = [part for part in Part if not getattr(order, f"{part}_checked_at")]
    if missing:
        names = ", ".join(str(part.label) for part in missing)
        raise OrderNotChecked(order=order.label, parts=names)


def _why_nothing(order: ServiceOrder) -> OrderOnDocument | OrderWithoutWork:
    sources = Source.objects.filter(released_at=None).select_related("line__invoice")
    on = (
        sources.filter(time_entry__service_order=order).first()
        or sources.filter(charge__service_order=order).first()
    )
    if on is not None:
        return OrderOnDocument(order=order.label, document=str(on.line.invoice))
    return OrderWithoutWork(order=order.label)
