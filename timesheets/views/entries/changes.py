"""One entry in a dialog: new, changed, deleted and brought back; and several at once."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.forms import typed_number
from customers.custom_forms import PREFIX, typed
from customers.domain import custom_fields
from customers.errors import CustomerRefused
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain import entries
from timesheets.domain.access import (
    may_write_for,
    visible_entries,
    visible_people,
)
from timesheets.domain.checks import check_free
from timesheets.domain.settling import Step, steps_for
from timesheets.domain.tags.wearing import tags_on
from timesheets.errors import EntryGone, HoursRefused
from timesheets.models import TimeEntry
from timesheets.requested import day_of, number_of, person_and_people
from timesheets.selectors.entries import entry_rows
from timesheets.selectors.places import Place, offered_places, place_of_key
from timesheets.views import undo
from timesheets.views.entries.forms import BillableForm, EntryForm, place_of
from timesheets.views.settling import settle_and_tell
from timesheets.work_kinds import HOURS

WRITE = permission_required(
    Permission.RECORD_HOURS, Permission.EDIT_HOURS, Permission.EDIT_PROJECT_HOURS
)
SEE = permission_required(
    Permission.RECORD_HOURS, Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS
)
MOST_AT_ONCE = undo.MOST


@require_http_methods(["GET", "POST"])
@WRITE
def entry_new(request: TenantRequest) -> HttpResponse:
    """`?person=&place=&day=` fill it in, `?copy=` with all that another entry says."""
    person, people = person_and_people(request)
    if person is None or not may_write_for(request.membership, person.pk):
        raise PermissionDenied
    initial = _proposed(request, person)
    form = _form(request, person, people, entry=None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            entry = entries.record_entry(
                actor=request.membership, member=_member(request, form, person), **form.values()
            )
        except (HoursRefused, CustomerRefused) as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The entry is saved."))
            return _done(request, entry)
    return _form_page(request, form, person, None)


@require_http_methods(["GET", "POST"])
@SEE
def entry_edit(request: TenantRequest, pk: int) -> HttpResponse:
    """What is locked, on a document or somebody else's to write is shown and not changed."""
    entry = _entry_or_404(request, pk)
    [row] = entry_rows([entry], request.membership)
    if request.method == "POST" and not row.may_write:
        raise PermissionDenied
    if not row.may_change and request.method == "GET":
        context = {
            "row": row,
            "entry": entry,
            "reason": _why_not(row, request.membership),
            "steps": steps_for(entry, request.membership),
            "fields": custom_fields.fields_of("time_entry"),
        }
        return render(request, "timesheets/entry_detail.html", context)
    people = _people_to_write_for(request, entry)
    initial = {
        name: getattr(entry, name)
        for name in (
            "work_date", "minutes", "start_time", "end_time", "description", "is_billable",
        )
    }  # fmt: skip
    initial |= {"member": entry.member_id, "place": place_of(entry)}
    initial["tags"] = [tag.pk for tag in row.tags]
    if entry.rate_level == "manual" and entry.rate is not None:
        initial["rate"] = typed_number(entry.rate)
    form = _form(request, entry.member, people, entry=entry, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = entries.change_entry(
                pk,
                actor=request.membership,
                member=_member(request, form, entry.member),
                **form.values(),
            )
        except (HoursRefused, CustomerRefused) as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The entry is saved."))
            return _done(request, changed)
    return _form_page(request, form, entry.member, entry)


@require_GET
@WRITE
def entry_billable(request: TenantRequest) -> HttpResponse:
    """The box of the form, as the chosen project and task have it."""
    place = place_of_key(request.GET.get("place", ""))
    number = number_of(request.GET.get("entry"))
    billable = place.is_billable if place else True
    if place and number is not None:
        entry = _entry_or_404(request, number)
        billable = entries.billable_after_move(entry, place.project, place.task)
    form = BillableForm(initial={"is_billable": billable, "billable_shown": billable})
    form.explain(place, request.membership)
    return render(request, "timesheets/entry_billable.html", {"form": form})


@require_POST
@WRITE
def entry_delete(request: TenantRequest, pk: int) -> HttpResponse:
    entry = _entry_or_404(request, pk)
    try:
        kept = entries.delete_entry(pk, actor=request.membership)
    except HoursRefused as refused:
        return _refused(request, refused)
    undo.remember(request, [kept])
    messages.success(request, _("The entry is deleted. You can bring it back for five minutes."))
    return _done(request, entry)


@require_POST
@WRITE
def entry_undo(request: TenantRequest) -> HttpResponse:
    """Bring back what was deleted last."""
    kept = undo.offered(request)
    if not kept:
        return _refused(request, EntryGone())
    try:
        restored = entries.restore_entries(kept, actor=request.membership)
    except HoursRefused as refused:
        return _refused(request, refused)
    undo.forget(request)
    text = ngettext("%(count)d entry is back.", "%(count)d entries are back.", len(restored))
    messages.success(request, text % {"count": len(restored)})
    return _done(request, restored[0])


@require_POST
@WRITE
def entry_bulk(request: TenantRequest) -> HttpResponse:
    """Ticked entries: all are moved or deleted, or none, and the reason is said. Of those made
    billable or not, the ones that cannot be stay and are told."""
    asked = {number for text in request.POST.getlist("pk") if (number := number_of(text))}
    found = visible_entries(request.membership).filter(pk__in=sorted(asked)[:MOST_AT_ONCE])
    ids = list(found.values_list("pk", flat=True))
    if not ids or len(ids) < len(asked):
        return _refused(request, EntryGone() if ids else _Nothing())
    action = request.POST.get("action")
    try:
        if action in (Step.BILLABLE, Step.NOT_BILLABLE):
            settle_and_tell(request, HOURS, found, step=Step(action))
        else:
            text = _do_many(request, ids)
            messages.success(request, text % {"count": len(ids)})
    except HoursRefused as refused:
        return _refused(request, refused)
    return _done(request, None)


class _Nothing(HoursRefused):
    message = _("Tick the entries first.")


class _NoPlace(HoursRefused):
    message = _("Choose the project and task they move to.")


def _do_many(request: TenantRequest, ids: list[int]) -> str:
    actor, count = request.membership, len(ids)
    match request.POST.get("action"):
        case "move":
            place = place_of_key(request.POST.get("place", ""))
            if place is None:
                raise _NoPlace
            entries.change_entries(ids, actor=actor, project=place.project, task=place.task)
            text = ngettext("%(count)d entry is moved.", "%(count)d entries are moved.", count)
        case "delete":
            undo.remember(request, entries.delete_entries(ids, actor=actor))
            text = ngettext("%(count)d entry is deleted.", "%(count)d entries are deleted.", count)
        case _:
            raise _Nothing
    return text


def _entry_or_404(request: TenantRequest, pk: int) -> TimeEntry:
    rows = visible_entries(request.membership)
    return get_object_or_404(
        rows.select_related("member", "project__customer", "task", "settled_by"), pk=pk
    )


def _why_not(row: Any, reader: Membership) -> str:
    if not row.may_write:
        return _("You may look at these hours, but not change them.")
    try:
        check_free(row.entry, reader=reader)
    except HoursRefused as refused:
        return str(refused)
    return ""


def _people_to_write_for(request: TenantRequest, entry: TimeEntry) -> list[Membership]:
    writer = request.membership
    if writer.may(Permission.EDIT_HOURS) or writer.may(Permission.EDIT_PROJECT_HOURS):
        seen = visible_people(writer).order_by("name", "pk")
        people = [one for one in seen if one.is_active and one.may(Permission.RECORD_HOURS)]
        return people if entry.member in people else [entry.member, *people]
    return [entry.member]


def _proposed(request: TenantRequest, person: Membership) -> dict[str, Any]:
    copied = number_of(request.GET.get("copy"))
    initial: dict[str, Any] = {
        "member": person.pk,
        "work_date": day_of(request.GET.get("day")) or timezone.localdate(),
        "is_billable": True,
    }
    place = place_of_key(request.GET.get("place", ""))
    if copied is not None:
        entry = _entry_or_404(request, copied)
        place = place_of(entry)
        initial |= {"member": entry.member_id, "work_date": entry.work_date}
        # An archived one is not put on again.
        worn = tags_on([entry.pk]).get(entry.pk, [])
        initial["tags"] = [tag.pk for tag in worn if tag.is_active]
        for name in ("minutes", "start_time", "end_time", "description", "is_billable"):
            initial[name] = getattr(entry, name)
        for field in custom_fields.fields_of("time_entry"):
            initial[PREFIX + field.name] = typed(field, entry.custom_values.get(field.name))
    elif place is not None:
        initial["is_billable"] = place.is_billable
    initial["place"] = place
    return initial


def _form(
    request: TenantRequest,
    person: Membership,
    people: list[Membership],
    *,
    entry: TimeEntry | None,
    initial: dict[str, Any],
) -> EntryForm:
    form = EntryForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        writer=request.membership,
        person=person,
        people=people,
        entry=entry,
    )
    chosen: Place | None = initial["place"]
    if form.is_bound:
        chosen = place_of_key(str(form.data.get("place", ""))) or chosen
    offers = offered_places(request.membership, person)
    form.explain(chosen, request.membership)
    if entry is not None:
        form.fields["place"].widget.attrs["hx-vals"] = json.dumps({"entry": entry.pk})
    options = [(offer.key, f"{offer.text} ({offer.customer})") for offer in offers]
    form.fields["place"].offer(person=person, chosen=chosen, options=options)  # type: ignore[attr-defined]
    return form


def _member(request: TenantRequest, form: EntryForm, person: Membership) -> Membership:
    pk = form.cleaned_data.get("member") or person.pk
    if pk == person.pk:
        return person
    return Membership.objects.get(tenant=request.tenant, pk=pk)


def _form_page(
    request: TenantRequest, form: EntryForm, person: Membership, entry: TimeEntry | None
) -> HttpResponse:
    context = {
        "form": form,
        "person": person,
        "entry": entry,
        "cancel": _back(request, entry),
        # Whether it is billable is a field of the form.
        "steps": [step for step in steps_for(entry, request.membership) if step.needs_note]
        if entry
        else [],
    }
    status = 422 if form.errors else 200
    return render(request, "timesheets/entry_form.html", context, status=status)


def _back(request: TenantRequest, entry: TimeEntry | None) -> str:
    """The week the entry is in: its list may be narrowed to something else by now."""
    if entry is None:
        return reverse("timesheets:entry_list")
    query = f"?week={entry.work_date.isoformat()}"
    if entry.member_id != request.membership.pk:
        query += f"&person={entry.member_id}"
    return reverse("timesheets:week") + query


def _done(request: TenantRequest, entry: TimeEntry | None) -> HttpResponse:
    """The page behind the dialog follows; a plain form goes to where the entry is seen."""
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect(_back(request, entry))


def _refused(request: TenantRequest, refused: HoursRefused) -> HttpResponse:
    if "HX-Request" in request.headers:
        context = {"refusal": str(refused)}
        response = render(request, "timesheets/refusal.html", context, status=422)
        response["HX-Retarget"] = "#hours-refusal"
        response["HX-Reswap"] = "innerHTML"
        return response
    messages.error(request, str(refused))
    return redirect("timesheets:entry_list")
