"""What became of an order's work."""

from timesheets import order_errors as errors
from timesheets.models import BillingState, Charge, ServiceOrder, TimeEntry

ON_DOCUMENT = (BillingState.DRAFTED, BillingState.BILLED)


def refuse_billed(order: ServiceOrder) -> None:
    """What is on a document stays as it was checked."""
    for model in (TimeEntry, Charge):
        if model.objects.filter(service_order=order, billing_state__in=ON_DOCUMENT).exists():
            raise errors.WorkOnDocument(order=order.label)
