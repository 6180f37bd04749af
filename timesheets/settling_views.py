"""Hours billed elsewhere, written off, freed again, made billable or not: looked at, then done."""

from collections import defaultdict
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.dialogs import close_dialog
from core.forms import add_refusal
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets import undo
from timesheets.documents import documents_of
from timesheets.domain import settling
from timesheets.domain.access import visible_entries
from timesheets.domain.settling import LeftOut, Step
from timesheets.errors import EntryGone, HoursRefused
from timesheets.selectors.selection import TICKED, selected_entries

DECIDE = permission_required(
    Permission.MARK_BILLED, Permission.WRITE_OFF, *settling.DECIDE_BILLABLE
)
MOST_NAMED = 40
TITLES = {
    Step.BILLED: gettext_lazy("Billed elsewhere"),
    Step.WRITE_OFF: gettext_lazy("Write off"),
    Step.FREE: gettext_lazy("Free for billing again"),
    Step.BILLABLE: gettext_lazy("Make billable"),
    Step.NOT_BILLABLE: gettext_lazy("Make not billable"),
}


class NoteForm(forms.Form):
    """The domain checks it, with a sentence for each step."""

    note = forms.CharField(required=False, max_length=1000, widget=forms.TextInput)

    def __init__(self, step: Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if not step.needs_note:
            del self.fields["note"]
            return
        field = self.fields["note"]
        field.widget.attrs |= {"maxlength": settling.LONGEST_NOTE, "autofocus": True}
        field.widget.is_required = True
        if step == Step.BILLED:
            field.label = _("Where they were billed")
            field.help_text = _("Such as the number of the invoice in the other program.")
        else:
            field.label = _("Reason")
            field.help_text = _("It stays on the entries and in the log.")


@require_http_methods(["GET", "POST"])
@DECIDE
def settle(request: TenantRequest, step: str) -> HttpResponse:
    """The hours of the query string, or those ticked in a list. A post with the token of
    what was looked at does it; anything else only looks."""
    if step not in Step:
        raise Http404
    wanted = Step(step)
    if not settling.may_take(wanted, request.membership):
        raise PermissionDenied
    query: QueryDict = request.POST if TICKED in request.POST else request.GET
    is_asked = request.method == "POST" and "token" in request.POST
    form = NoteForm(wanted, request.POST if is_asked else None)
    if is_asked and form.is_valid():
        try:
            done = settling.settle(
                selected_entries(query, request.membership),
                step=wanted,
                actor=request.membership,
                note=form.cleaned_data.get("note", ""),
                token=request.POST["token"],
            )
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            return _done(request, wanted, done)
    return _page(request, wanted, form, query)


@require_POST
@permission_required(Permission.MARK_BILLED, Permission.WRITE_OFF)
def settle_undo(request: TenantRequest) -> HttpResponse:
    """Free what this person settled last."""
    kept = undo.offered_settling(request)
    at = parse_datetime(kept["at"]) if kept else None
    try:
        if at is None:
            raise EntryGone
        mine = visible_entries(request.membership).filter(settled_at=at, settled_by=request.user)
        done = settling.settle(mine, step=Step.FREE, actor=request.membership)
    except HoursRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _told(Step.FREE, done.entries))
    undo.forget_settling(request)
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect("timesheets:entry_list")


def _page(request: TenantRequest, step: Step, form: NoteForm, query: QueryDict) -> HttpResponse:
    entries = selected_entries(query, request.membership)
    seen = settling.look(entries, step=step, actor=request.membership)
    context = {
        "step": step,
        "heading": TITLES[step],
        "form": form,
        "look": seen,
        "groups": _left_out(request, step, query, seen) if seen.refused else [],
        "ticked": TICKED in query,
        "pks": query.getlist("pk") if TICKED in query else [],
        "back": _list_url(request),
    }
    status = 422 if form.errors else 200
    return render(request, "timesheets/settle.html", context, status=status)


def _left_out(
    request: TenantRequest, step: Step, query: QueryDict, seen: settling.Look
) -> list[dict[str, Any]]:
    """By reason: some of the entries by name, those on a document with its link."""
    reader = request.membership
    entries = selected_entries(query, reader)
    named = settling.left_out(entries, step=step, actor=reader, most=MOST_NAMED)
    documents = documents_of([entry.pk for entry, _reason in named], reader)
    by_reason: dict[LeftOut, list[dict[str, Any]]] = defaultdict(list)
    for entry, reason in named:
        by_reason[reason].append({"entry": entry, "document": documents.get(entry.pk)})
    return [
        {
            "reason": refused.reason,
            "entries": refused.entries,
            "minutes": refused.minutes,
            "rows": by_reason[refused.reason],
            "more": refused.entries - len(by_reason[refused.reason]),
        }
        for refused in seen.refused
    ]


def tell_settled(request: TenantRequest, step: Step, done: settling.Look) -> None:
    """What was done, and how many hours were left as they were."""
    messages.success(request, _told(step, done.entries))
    if done.refused:
        left = sum(refused.entries for refused in done.refused)
        text = ngettext(
            "%(count)s entry is left as it was: %(reasons)s.",
            "%(count)s entries are left as they were: %(reasons)s.",
            left,
        )
        messages.warning(
            request, text % {"count": left, "reasons": settling.in_words(done.refused)}
        )


def _done(request: TenantRequest, step: Step, done: settling.Look) -> HttpResponse:
    tell_settled(request, step, done)
    if step.needs_note and done.at:
        undo.remember_settling(request, step=step, at=done.at, count=done.entries)
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect(_list_url(request))


def _told(step: Step, count: int) -> str:
    texts = {
        Step.BILLED: ngettext(
            "%(count)s entry is marked as billed elsewhere.",
            "%(count)s entries are marked as billed elsewhere.",
            count,
        ),
        Step.WRITE_OFF: ngettext(
            "%(count)s entry is written off.", "%(count)s entries are written off.", count
        ),
        Step.FREE: ngettext(
            "%(count)s entry is free for billing again.",
            "%(count)s entries are free for billing again.",
            count,
        ),
        Step.BILLABLE: ngettext(
            "%(count)s entry is billable now.", "%(count)s entries are billable now.", count
        ),
        Step.NOT_BILLABLE: ngettext(
            "%(count)s entry is not billable now.",
            "%(count)s entries are not billable now.",
            count,
        ),
    }
    return texts[step] % {"count": count}


def _list_url(request: TenantRequest) -> str:
    query = request.GET.urlencode()
    return reverse("timesheets:entry_list") + (f"?{query}" if query else "")
