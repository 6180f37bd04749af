"""Work of several customers: a draft for each of them at once."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from core.errors import DomainError
from customers.models import Customer
from customers.selectors import visible_customers
from invoicing.domain.composing import selections
from invoicing.models import Composition, Invoice
from invoicing.selectors import composing
from invoicing.selectors.compose_preview import last_options
from invoicing.views.compose.lines import CONFIRMED
from invoicing.views.compose.overview import MAKE, composition_or_404, heading
from invoicing.views.drafts.forms import whole
from tenants.access import TenantRequest


@dataclass(frozen=True)
class Outcome:
    """What became of one customer's work."""

    customer: Customer
    made: Invoice | None = None
    refused: str = ""

    @property
    def name(self) -> str:
        return self.customer.name


@require_POST
@MAKE
def compose_each(request: TenantRequest, pk: int) -> HttpResponse:
    """Each customer's ticked work onto a draft of their own, as theirs became lines last time.

    With JavaScript the answer is a list whose items ask for their drafts one after the other, with
    `?customer=`; `go` makes them all in this request. What is refused is told with its reason and
    stops nobody else's.
    """
    composition = composition_or_404(request, pk)
    confirmed = CONFIRMED in (request.GET.get("unlocked"), request.POST.get("unlocked"))
    if asked := request.GET.get("customer"):
        customers = visible_customers(request.membership)
        customer = get_object_or_404(customers, pk=whole(asked))
        outcome = _draft(request, composition, customer, confirmed=confirmed)
        return render(request, "invoicing/draft_queue.html#item", {"outcome": outcome})
    waiting = [
        one
        for one in composing.customers_of(composition, request.membership)
        if one.billable.ticked
    ]
    context = {**heading(request, composition), "waiting": waiting, "confirmed": confirmed}
    if "go" in request.POST:
        outcomes = [
            _draft(request, composition, one.customer, confirmed=confirmed) for one in waiting
        ]
        context |= {
            "outcomes": outcomes,
            "made_count": sum(outcome.made is not None for outcome in outcomes),
        }
    return render(request, "invoicing/compose_each.html", context)


def _draft(
    request: TenantRequest, composition: Composition, customer: Customer, *, confirmed: bool
) -> Outcome:
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
            allow_unlocked=confirmed,
        )
    except DomainError as refusal:
        return Outcome(customer, refused=str(refusal))
    return Outcome(customer, made=made)
