"""The company's own fields as templates name them."""

from collections.abc import Sequence

from customers.models import CustomField
from invoicing.domain.printed_fields import text_of_own
from invoicing.models import Invoice
from invoicing.templating.fields import own_name

Target = CustomField.Target


def own_values(invoice: Invoice, found: Sequence[CustomField]) -> dict[str, str]:
    """Their texts by name, in the document's language; what is empty is there as well."""
    project = invoice.project
    values = {
        Target.CUSTOMER: invoice.customer.custom_values,
        Target.PROJECT: project.custom_values if project else {},
        Target.DOCUMENT: invoice.custom_values,
    }
    return {
        own_name(field): text_of_own(field, values[Target(field.target)], invoice.language)
        for field in found
    }
