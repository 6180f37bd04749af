"""A page per year with its months: closing them, and opening them again."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.forms import text_of
from core.lists import is_list_request
from invoicing.domain.books.periods import close_month, reopen_month
from invoicing.selectors.books.periods import months_of
from invoicing.views.posting import leave
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)
CLOSE = permission_required(Permission.CLOSE_PERIODS)
FIRST_YEAR, LAST_YEAR = 2000, 2200


@require_GET
@SEE
def period_list(request: TenantRequest) -> HttpResponse:
    """`?year=2026`; the present one unless told."""
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else today.year
    return _show(request, min(max(year, FIRST_YEAR), LAST_YEAR))


@require_POST
@CLOSE
def period_close(request: TenantRequest) -> HttpResponse:
    day = _month(request)
    if day is None:
        return _show(request, timezone.localdate().year, _("Choose a month."))
    try:
        closing = close_month(day, actor=request.user)
    except DomainError as refusal:
        return _show(request, day.year, str(refusal))
    messages.success(request, _("%(month)s is closed.") % {"month": closing})
    return leave(request, _address(day))


@require_POST
@CLOSE
def period_reopen(request: TenantRequest) -> HttpResponse:
    day = _month(request)
    if day is None:
        return _show(request, timezone.localdate().year, _("Choose a month."))
    try:
        closing = reopen_month(day, reason=text_of(request, "reason"), actor=request.user)
    except DomainError as refusal:
        return _show(request, day.year, str(refusal))
    messages.success(request, _("%(month)s is open again.") % {"month": closing})
    return leave(request, _address(day))


def _month(request: TenantRequest) -> date | None:
    try:
        day = date.fromisoformat(f"{request.POST.get('month', '')}-01")
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _address(day: date) -> str:
    return f"{reverse('invoicing:period_list')}?year={day.year}"


def _show(request: TenantRequest, year: int, refusal: str = "") -> HttpResponse:
    months = months_of(year)
    context: dict[str, Any] = {
        "year": year,
        "months": months,
        "this_month": timezone.localdate().replace(day=1),
        "closed_count": sum(month.closing is not None for month in months),
        "refusal": refusal,
        "may_close": request.membership.may(Permission.CLOSE_PERIODS),
    }
    template = "invoicing/books/period_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refusal else 200)
