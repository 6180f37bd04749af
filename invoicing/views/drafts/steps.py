"""From one draft to the next, in the list one came from."""

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from core.stepping import Step, Steps, as_list, kept, list_asked, neighbours
from customers.custom_lists import columns_of
from invoicing.models import Invoice
from invoicing.selectors.draft_list import listed_drafts
from invoicing.views.drafts.lists import asked_drafts
from tenants.access import TenantRequest


def steps_from(request: TenantRequest, draft: Invoice) -> Steps:
    """The drafts around this one in the list one came from, or in the list as it opens."""
    asked = as_list(request, list_asked(request) or QueryDict())
    columns = columns_of("drafts", "document", request.membership)
    _filters, drafts = asked_drafts(asked, columns)
    seen = listed_drafts(request.membership, on=timezone.localdate())
    here = columns.sortable(seen.filter(pk=draft.pk), asked)
    return Steps(
        *(
            found and Step(draft_url(request, found[0]), found[1])
            for found in neighbours(drafts, here, label="billing_name")
        )
    )


def drafts_url(request: TenantRequest) -> str:
    """The list, as one came from it."""
    asked = list_asked(request)
    return reverse("invoicing:draft_list") + (f"?{asked.urlencode()}" if asked else "")


def draft_url(request: TenantRequest, pk: int) -> str:
    """The draft's page, which knows the list one came from."""
    return reverse("invoicing:draft_edit", args=[pk]) + kept(request)


def credit_url(request: TenantRequest, corrects: int) -> str:
    """The same of a credit note, whose draft is on the page of what it corrects."""
    return reverse("invoicing:invoice_credit", args=[corrects]) + kept(request)
