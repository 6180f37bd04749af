"""How far charges have followed changed terms, on the pages of packages and subscriptions."""

from django.http import HttpResponse
from django.shortcuts import render

from tenants.access import TenantRequest
from timesheets.selectors.packages import Following


def asks_how_far(request: TenantRequest) -> bool:
    return request.headers.get("HX-Target") == "following"


def how_far(request: TenantRequest, following: Following | None) -> HttpResponse:
    """The moving part; once the worker is done, the page is loaded with the charges as they are."""
    if following is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"following": following}
    return render(request, "timesheets/packages/following.html", context)
