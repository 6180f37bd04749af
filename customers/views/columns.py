"""Which columns a person sees in a list: of the list's own, where there is a choice of them, and of
the tenant's own fields."""

from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from customers.custom_lists import columns_to_choose
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
# Said by an address, they would go before what is chosen here.
NOT_KEPT = ("page", "column")


@require_POST
@member_required
def columns(request: TenantRequest) -> HttpResponse:
    """Keep the choice with the person, or with `reset` forget it; then back to where they were."""
    name = request.POST.get("list", "")
    if name not in LISTS:
        raise Http404
    target, url_name = LISTS[name]
    wanted = set() if "reset" in request.POST else set(request.POST.getlist("field"))
    keys = [key for key in columns_to_choose(name, target) if key in wanted]
    choose_columns(request.membership, name, keys)
    if "HX-Request" in request.headers:
        # The filters may have changed since the page with the menu was loaded.
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        url = _without(here.path or reverse(url_name), here.query)
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(_without(reverse(url_name), request.POST.get("query", "")))


def _without(path: str, asked: str) -> str:
    query = QueryDict(asked[:4000], mutable=True)
    for name in NOT_KEPT:
        query.pop(name, None)
    return f"{path}?{query.urlencode()}" if query else path
