"""What credit notes take back of prepaid hours: never what is drawn already."""

from collections.abc import Collection

from core.templatetags.figures import hours
from invoicing.models import Invoice, PrepaidHours
from invoicing.prepaid_errors import PrepaidDrawn


def refuse_drawn(notes: Collection[Invoice]) -> dict[int, PrepaidDrawn]:
    """Credit notes that would leave fewer prepaid hours than are drawn, with the reason. Each for
    itself: an invoice has one draft of a credit note at a time."""
    if not notes:
        return {}
    by_invoice = {note.corrects_id: note.pk for note in notes}
    found = (
        PrepaidHours.objects.filter(line__invoice__in=list(by_invoice))
        .with_balance(credited_by=list(by_invoice.values()))
        .filter(left_minutes__lt=0)
        .select_related("line")
        .order_by("-pk")
    )
    return {
        by_invoice[one.line.invoice_id]: PrepaidDrawn(
            prepaid=one, drawn=hours(one.drawn_minutes), left=hours(one.bought_minutes)
        )
        for one in found
    }
