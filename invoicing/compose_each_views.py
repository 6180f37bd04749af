"""Hours of several customers: a draft for each of them at once."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.errors import DomainError
from customers.models import Customer
from invoicing.compose_line_views import CONFIRMED
from invoicing.compose_views import MAKE, composition_or_404, heading
from invoicing.domain.composing import selections
from invoicing.models import Composition, Invoice
from invoicing.selectors import composing
from invoicing.selectors.compose_preview import last_options
from tenants.access import TenantRequest


@dataclass(frozen=True)
class Outcome:
    """What became of one customer's hours."""

    customer: Customer
    made: Invoice | None = None
    refused: str = ""


@require_POST
@MAKE
def compose_each(request: TenantRequest, pk: int) -> HttpResponse:
    """Each customer's ticked hours onto a draft of their own, as theirs became lines last time.

    What is refused is told with its reason and stops nobody else's.
    """
    composition = composition_or_404(request, pk)
    outcomes = [
        _draft(request, composition, one.customer)
        for one in composing.customers_of(composition, request.membership)
        if one.billable.ticked
    ]
    context = {
        **heading(request, composition),
        "outcomes": outcomes,
        "made_count": sum(outcome.made is not None for outcome in outcomes),
    }
    return render(request, "invoicing/compose_each.html", context)


def _draft(request: TenantRequest, composition: Composition, customer: Customer) -> Outcome:
    works = composing.all_works_of(composition, request.membership).of_customer(customer.pk)
    own = selections.start_selection(
        works, query=composition.query, customer=customer, actor=request.user
    )
    selections.tick(own, composition.excluded, is_in=False)
    try:
        made = selections.draft_selection(
            own,
            options=last_options(customer),
            selected=works,
            actor=request.user,
            allow_unlocked=request.POST.get("unlocked") == CONFIRMED,
        )
    except DomainError as refusal:
        return Outcome(customer, refused=str(refusal))
    return Outcome(customer, made=made)
