"""Tags of many hours at once: those ticked in the list, or all that its filters let through."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from core.dialogs import close_dialog
from core.forms import add_refusal
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.tags import many
from timesheets.errors import HoursRefused
from timesheets.selectors.selection import TICKED, selected_entries
from timesheets.views.leaving_out import MOST_NAMED, groups_left_out, left_in_words
from timesheets.views.tags.fields import TagsField
from timesheets.work_kinds import HOURS

WRITE = permission_required(
    Permission.RECORD_HOURS, Permission.EDIT_HOURS, Permission.EDIT_PROJECT_HOURS
)


class TagManyForm(forms.Form):
    add = TagsField(label=gettext_lazy("Put on"))
    remove = TagsField(label=gettext_lazy("Take off"))

    def __init__(self, data: Any, writer: Membership) -> None:
        super().__init__(data, auto_id="many_%s")
        self.label_suffix = ""
        for name, options in (("add", {"maker": writer}), ("remove", {"archived": True})):
            field: Any = self.fields[name]
            field.offer(chosen=self.data.getlist(name) if self.is_bound else (), **options)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@WRITE
def entry_tags(request: TenantRequest) -> HttpResponse:
    """A post with `go` does it; anything else only looks."""
    query = request.POST if TICKED in request.POST else request.GET
    entries = selected_entries(query, request.membership)
    is_asked = request.method == "POST" and "go" in request.POST
    form = TagManyForm(request.POST if is_asked else None, request.membership)
    if is_asked and form.is_valid():
        try:
            done = many.tag_many(
                entries,
                put=form.cleaned_data["add"],
                take=form.cleaned_data["remove"].ids,
                actor=request.membership,
            )
        except HoursRefused as refused:
            # Of new tags the field is called otherwise here.
            refused.field = "add" if refused.field in ("tags", "name") else refused.field
            add_refusal(form, refused)
        else:
            return _done(request, done)
    seen = many.look(entries, actor=request.membership)
    named = (
        many.left_out(entries, actor=request.membership, most=MOST_NAMED) if seen.refused else []
    )
    context = {
        "kind": HOURS,
        "form": form,
        "look": seen,
        "counted": HOURS.counted(seen.count),
        "groups": groups_left_out(named, seen.refused, HOURS, request.membership),
        "ticked": TICKED in query,
        "pks": query.getlist("pk") if TICKED in query else [],
        "back": _list_url(request),
    }
    status = 422 if form.errors else 200
    return render(request, "timesheets/tags/many.html", context, status=status)


def _done(request: TenantRequest, done: many.Look) -> HttpResponse:
    count = done.changed
    text = ngettext(
        "%(count)d entry has other tags now.", "%(count)d entries have other tags now.", count
    )
    said = text % {"count": count} if count else _("They had these tags already.")
    messages.success(request, said)
    if left := left_in_words(HOURS, done.refused):
        messages.warning(request, left)
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect(_list_url(request))


def _list_url(request: TenantRequest) -> str:
    query = request.GET.urlencode()
    return reverse(HOURS.list) + (f"?{query}" if query else "")
