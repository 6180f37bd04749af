"""Which of the tenant's own fields a person sees as columns of a list."""

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from customers.domain.custom_fields import choose_columns
from tenants.access import TenantRequest, member_required

# List -> whose fields it shows, and its address; lists of other rooms by name, as in `tabs`.
LISTS = {
    "customers": ("customer", "customers:customer_list"),
    "projects": ("project", "customers:project_list"),
    "tasks": ("task", "timesheets:task_list"),
    "hours": ("time_entry", "timesheets:entry_list"),
    "drafts": ("document", "invoicing:draft_list"),
    "invoices": ("document", "invoicing:archive"),
}


@require_POST
@member_required
def columns(request: TenantRequest) -> HttpResponse:
    """Keep the choice with the person, and go back to the list with its filters."""
    name = request.POST.get("list", "")
    if name not in LISTS:
        raise Http404
    target, url_name = LISTS[name]
    choose_columns(request.membership, name, target, request.POST.getlist("field"))
    query = QueryDict(request.POST.get("query", "")[:4000], mutable=True)
    query.pop("page", None)
    back = reverse(url_name)
    return redirect(f"{back}?{query.urlencode()}" if query else back)
