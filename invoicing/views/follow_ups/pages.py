"""One page of what waits for somebody: open questions of customers, and what did not arrive."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.lists import page_of
from invoicing.selectors.follow_ups import unanswered, undelivered
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
# More open questions than these are a matter for a telephone.
MOST_QUESTIONS = 100


@require_GET
@SEE
def follow_up(request: TenantRequest) -> HttpResponse:
    questions = list(unanswered(request.membership)[: MOST_QUESTIONS + 1])
    context = {
        "questions": questions[:MOST_QUESTIONS],
        "more_questions": len(questions) > MOST_QUESTIONS,
        "page": page_of(request, undelivered(request.membership)),
    }
    return render(request, "invoicing/follow_up.html", context)
