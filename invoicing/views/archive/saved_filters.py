"""Saved filters of the archive: made from what is shown, renamed, replaced, deleted."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from invoicing.domain.saved_filters import delete_filter, may_change, may_share, save_filter
from invoicing.models import SavedFilter
from invoicing.views.archive.saved_links import address_of, visible_filters
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
# They say where in the list somebody is, not what it shows.
NOT_SAVED = ("page", "saved", "totals")


class SavedFilterForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SavedFilter
        fields = ["name", "is_shared", "is_default"]

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share(membership):
            del self.fields["is_shared"]

    def validate_unique(self) -> None:
        """The domain function says it, for own names and shared ones."""

    def validate_constraints(self) -> None:
        """As above."""


@require_http_methods(["GET", "POST"])
@SEE
def filter_new(request: TenantRequest) -> HttpResponse:
    """Save the filters of the query string under a name."""
    form = SavedFilterForm(request.POST or None, membership=request.membership)
    return _answer(request, form, None, _plain(request.GET))


@require_http_methods(["GET", "POST"])
@SEE
def filter_edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Rename it; `?query` in the address replaces what it shows."""
    saved = _changeable(request, pk)
    form = SavedFilterForm(
        request.POST or None, instance=_changeable(request, pk), membership=request.membership
    )
    return _answer(request, form, saved, _plain(request.GET) or saved.query)


@require_POST
@SEE
def filter_delete(request: TenantRequest, pk: int) -> HttpResponse:
    saved = _changeable(request, pk)
    delete_filter(saved, membership=request.membership)
    messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": saved.name})
    return _leave(request, reverse("invoicing:archive") + "?saved=")


def _answer(
    request: TenantRequest, form: SavedFilterForm, saved: SavedFilter | None, query: str
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            done = save_filter(
                saved,
                name=form.cleaned_data["name"],
                query=query,
                is_shared=form.cleaned_data.get("is_shared", bool(saved and saved.is_shared)),
                is_default=form.cleaned_data["is_default"],
                membership=request.membership,
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The filter “%(name)s” is saved.") % {"name": done.name})
            return _leave(request, address_of(done))
    context = {"form": form, "saved": saved, "query": query}
    return render(
        request, "invoicing/saved_filter.html", context, status=422 if form.errors else 200
    )


def _plain(query: QueryDict) -> str:
    kept = query.copy()
    for name in NOT_SAVED:
        kept.pop(name, None)
    for name in [name for name in kept if not any(kept.getlist(name))]:
        del kept[name]
    return kept.urlencode()


def _changeable(request: TenantRequest, pk: int) -> SavedFilter:
    """Somebody else's own filter is not there; a shared one may be looked at and not changed."""
    saved: SavedFilter = get_object_or_404(visible_filters(request.membership), pk=pk)
    if not may_change(saved, request.membership):
        raise PermissionDenied
    return saved


def _leave(request: TenantRequest, url: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
