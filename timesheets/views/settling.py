"""Hours and charges billed elsewhere, written off, freed again, made billable or not: looked at,
then done."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.dialogs import close_dialog
from core.forms import add_refusal
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets.domain import settling
from timesheets.domain.settling import Step
from timesheets.errors import EntryGone, HoursRefused
from timesheets.selectors.selection import TICKED
from timesheets.views import undo
from timesheets.views.leaving_out import MOST_NAMED, groups_left_out, left_in_words
from timesheets.work_kinds import HOURS, KINDS, WorkKind

DECIDE = permission_required(
    Permission.MARK_BILLED, Permission.WRITE_OFF, *settling.DECIDE_BILLABLE
)
# So many take about a quarter of a second. More are settled one part after the other.
PART = 5000
TITLES = {
    Step.BILLED: gettext_lazy("Billed elsewhere"),
    Step.WRITE_OFF: gettext_lazy("Write off"),
    Step.FREE: gettext_lazy("Free for billing again"),
    Step.BILLABLE: gettext_lazy("Make billable"),
    Step.NOT_BILLABLE: gettext_lazy("Make not billable"),
}


_DONE = {
    Step.BILLED: gettext_lazy("Marked as billed elsewhere"),
    Step.WRITE_OFF: gettext_lazy("Written off"),
    Step.FREE: gettext_lazy("Free for billing again"),
    Step.BILLABLE: gettext_lazy("Billable now"),
    Step.NOT_BILLABLE: gettext_lazy("Not billable now"),
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
            field.help_text = _("It stays with them and in the log.")


@require_http_methods(["GET", "POST"])
@DECIDE
def settle(request: TenantRequest, step: str, kind: WorkKind) -> HttpResponse:
    """The hours or charges of the query string, or those ticked in a list. A post with the token of
    what was looked at does it; anything else only looks."""
    if step not in Step:
        raise Http404
    wanted = Step(step)
    if not settling.may_take(wanted, request.membership):
        raise PermissionDenied
    going_on: dict[str, Any] = {}
    query: QueryDict = request.POST if TICKED in request.POST else request.GET
    works = kind.selected(query, request.membership)
    is_asked = request.method == "POST" and "token" in request.POST
    form = NoteForm(wanted, request.POST if is_asked else None)
    if is_asked and form.is_valid():
        note, token = form.cleaned_data.get("note", ""), request.POST["token"]
        try:
            part = _take_part(request, kind, works, step=wanted, note=note, token=token)
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            if part is None:
                return _back(request, kind)
            going_on = {"part": part, "note": note}
    seen = settling.look(works, step=wanted, actor=request.membership)
    context = {
        "kind": kind,
        "step": wanted,
        "heading": TITLES[wanted],
        "form": form,
        "look": seen,
        "counted": kind.counted(seen.count),
        "groups": _left_out(request, kind, works, step=wanted, seen=seen)
        if seen.refused and not going_on
        else [],
        "ticked": TICKED in query,
        "pks": query.getlist("pk") if TICKED in query else [],
        "back": _list_url(request, kind),
        **going_on,
    }
    status = 422 if form.errors else 200
    return render(request, "timesheets/settle.html", context, status=status)


@require_POST
@permission_required(Permission.MARK_BILLED, Permission.WRITE_OFF)
def settle_undo(request: TenantRequest) -> HttpResponse:
    """Free what this person settled last."""
    kept = undo.offered_settling(request)
    at = parse_datetime(kept["at"]) if kept else None
    kind = KINDS[kept["kind"]] if kept else HOURS
    try:
        if at is None:
            raise EntryGone
        mine = kind.visible(request.membership).filter(settled_at=at, settled_by=request.user)
        settle_and_tell(request, kind, mine, step=Step.FREE)
    except HoursRefused as refused:
        messages.warning(request, str(refused))
    undo.forget_settling(request)
    return _back(request, kind)


@dataclass(frozen=True)
class Part:
    """How far it is with very many."""

    done: int
    total: int
    at: str


def _take_part(
    request: TenantRequest,
    kind: WorkKind,
    works: QuerySet[Any],
    *,
    step: Step,
    note: str,
    token: str,
) -> Part | None:
    """The next ones, and how far it is then; None once all are done. Leaving it half-way loses
    nothing: what is done can be undone as one, and what is not is offered as before."""
    begun, at, left_out = undo.settling_begun(
        request, kind=kind.name, at=request.POST.get("at", "")
    )
    done = settling.settle(
        works, step=step, actor=request.membership, note=note, token=token, most=PART, at=at
    )
    assert done.at is not None
    so_far = begun + done.count
    # Later parts would name those that are done by now.
    left_out = left_out if at else _left_words(kind, done)
    said = f"{_DONE[step]}: {kind.counted(so_far)}."
    undo.remember_settling(
        request,
        kind=kind.name,
        at=done.at,
        said=said,
        count=so_far,
        left_out=left_out,
        is_undone=step.needs_note,
    )
    if done.left:
        return Part(so_far, so_far + done.left, done.at.isoformat())
    _tell(request, said, left_out)
    return None


def settle_and_tell(
    request: TenantRequest, kind: WorkKind, works: QuerySet[Any], *, step: Step, note: str = ""
) -> None:
    """What was done is said, and how many were left as they were; it can be undone for a while."""
    done = settling.settle(works, step=step, actor=request.membership, note=note)
    said = f"{_DONE[step]}: {kind.counted(done.count)}."
    _tell(request, said, _left_words(kind, done))
    if step.needs_note and done.at:
        undo.remember_settling(request, kind=kind.name, at=done.at, said=said, count=done.count)


def _tell(request: TenantRequest, said: str, left_out: str) -> None:
    messages.success(request, said)
    if left_out:
        messages.warning(request, left_out)


def _left_words(kind: WorkKind, done: settling.Look) -> str:
    return left_in_words(kind, done.refused)


def _left_out(
    request: TenantRequest,
    kind: WorkKind,
    works: QuerySet[Any],
    *,
    step: Step,
    seen: settling.Look,
) -> list[dict[str, Any]]:
    reader = request.membership
    named = settling.left_out(works, step=step, actor=reader, most=MOST_NAMED)
    return groups_left_out(named, seen.refused, kind, reader)


def _back(request: TenantRequest, kind: WorkKind) -> HttpResponse:
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect(_list_url(request, kind))


def _list_url(request: TenantRequest, kind: WorkKind) -> str:
    query = request.GET.urlencode()
    return reverse(kind.list) + (f"?{query}" if query else "")
