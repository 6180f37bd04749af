"""Which design a document has: that of the template chosen for it, as frozen when it was posted."""

from invoicing.documents.designs.registry import STANDARD, Look, look_of
from invoicing.models import Invoice
from invoicing.templating.choosing import Chosen, chosen_of, company_choice


def look_for(invoice: Invoice) -> Look:
    """Of documents with an uploaded template the standard one, where they are printed besides."""
    if invoice.is_posted:
        return look_of(invoice.paper.get("design") or STANDARD, invoice.paper.get("settings"))
    return _look(chosen_of(invoice))


def company_look() -> Look:
    """Of letters, which follow the company's own choice."""
    return _look(company_choice())


def _look(chosen: Chosen) -> Look:
    return look_of(chosen.design or STANDARD, chosen.settings)
