"""The week grid: the page, its cells as they are saved, and the rows people add."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.durations import BadDuration, NoTimeAtAll, read_minutes
from core.templatetags.figures import hours
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import errors
from timesheets.domain import cells
from timesheets.domain.access import may_write, visible_people
from timesheets.domain.tags.wearing import tags_on
from timesheets.models import TimeEntry
from timesheets.requested import day_of, number_of, person_and_people
from timesheets.selectors.places import Place, offered_places, place_of_key
from timesheets.selectors.week import Cell, Week, monday_of, places_before, read_week
from timesheets.views import undo

SEE = permission_required(
    Permission.RECORD_HOURS, Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS
)
WRITE = permission_required(
    Permission.RECORD_HOURS, Permission.EDIT_HOURS, Permission.EDIT_PROJECT_HOURS
)
MOST_ROWS = 40
MOST_NOTE = 3_000


@require_http_methods(["GET", "POST"])
@SEE
def week(request: TenantRequest) -> HttpResponse:
    """`?week=` any day of it, `?person=`, `?row=` rows without hours yet, `?day=` on telephones."""
    person, people = person_and_people(request)
    if person is None:
        return render(request, "timesheets/week_nobody.html")
    monday = monday_of(day_of(request.GET.get("week")) or timezone.localdate())
    if "copy" in request.GET:
        return _with_rows_of_before(request, person, monday)
    shown = read_week(request.membership, person, monday, request.GET.getlist("row")[:MOST_ROWS])
    status = 200
    if request.method == "POST":
        if _save_all(request, shown):
            return redirect(request.get_full_path())
        status = 422
    return render(request, "timesheets/week.html", _page(request, shown, people), status=status)


@require_POST
@WRITE
def week_cell(request: TenantRequest) -> JsonResponse:
    """Save one cell. 422 says what is wrong with what was typed, 409 that it has changed."""
    person = _person_to_write(request)
    place = place_of_key(request.POST.get("place", ""))
    day = day_of(request.POST.get("day"))
    if place is None or day is None:
        return _refuse(_("This project is not in the list any more. Reload the page."))
    try:
        change = _change(request.POST, place, day)
        entry = cells.write_cell(change, actor=request.membership, member=person)
    except BadDuration as bad:
        return _refuse(str(bad.reason))
    except errors.CellChanged as changed:
        return _refuse(str(changed), status=409, **_cell_now(person, place, day))
    except errors.HoursRefused as refused:
        return _refuse(str(refused))
    return JsonResponse(_told(entry))


@require_POST
@WRITE
def week_billable(request: TenantRequest) -> JsonResponse:
    """Make a row's hours of the week billable, or not."""
    person = _person_to_write(request)
    place = place_of_key(request.POST.get("place", ""))
    day = day_of(request.POST.get("week"))
    if place is None or day is None:
        return _refuse(_("This project is not in the list any more. Reload the page."))
    if not may_write(request.membership, member_id=person.pk, project=place.project):
        raise PermissionDenied
    monday = monday_of(day)
    wanted = request.POST.get("billable") == "yes"
    try:
        cells.set_row_billable(
            actor=request.membership,
            member=person,
            project=place.project,
            task=place.task,
            days=(monday, monday + timedelta(days=6)),
            is_billable=wanted,
        )
    except errors.HoursRefused as refused:
        return _refuse(str(refused))
    row = _row(request, person, place, monday)
    return JsonResponse({"billable": row.billable if row else "yes" if wanted else "no"})


@require_GET
@SEE
def week_row(request: TenantRequest) -> HttpResponse:
    """A new row for the grid, before any hours are in it."""
    person, _people = person_and_people(request)
    place = place_of_key(request.GET.get("place", ""))
    if person is None or place is None:
        raise Http404
    monday = monday_of(day_of(request.GET.get("week")) or timezone.localdate())
    row = _row(request, person, place, monday)
    if row is None:
        raise Http404
    context = {"row": row, "person": person, "removal": ""}
    return render(request, "timesheets/week_row.html", context)


@require_GET
@SEE
def week_entries(request: TenantRequest) -> HttpResponse:
    """A cell's entries, where one number cannot stand for them."""
    person, _people = person_and_people(request)
    place, day = place_of_key(request.GET.get("place", "")), day_of(request.GET.get("day"))
    if person is None or place is None or day is None:
        raise Http404
    cell = _cell(request, person, place, day)
    if cell is None:
        raise Http404
    worn = tags_on([entry.pk for entry in cell.entries])
    context = {
        "cell": cell,
        "entries": [(entry, worn.get(entry.pk, ())) for entry in cell.entries],
        "person": person,
        "may_add": not cell.is_locked
        and may_write(request.membership, member_id=person.pk, project=place.project),
    }
    return render(request, "timesheets/week_entries.html", context)


@require_GET
@SEE
def place_search(request: TenantRequest) -> JsonResponse:
    """Answer a combobox: open projects and tasks, those used lately first."""
    person, _people = person_and_people(request)
    if person is None:
        return JsonResponse({"results": []})
    day = day_of(request.GET.get("week"))
    monday = monday_of(day) if day else None
    found = offered_places(
        request.membership,
        person,
        words=request.GET.get("q", "")[:100],
        start=monday,
        end=monday + timedelta(days=6) if monday else None,
    )
    return JsonResponse({"results": [offer.as_json() for offer in found]})


def _person_to_write(request: TenantRequest) -> Membership:
    asked = number_of(request.POST.get("person"))
    if asked in (None, request.membership.pk):
        return request.membership
    people = Membership.objects.filter(tenant=request.tenant)
    person = get_object_or_404(people, pk=asked)
    if not visible_people(request.membership).filter(pk=person.pk).exists():
        raise PermissionDenied
    return person


def _with_rows_of_before(request: TenantRequest, person: Membership, monday: date) -> HttpResponse:
    found = places_before(request.membership, person, monday)
    query = request.GET.copy()
    del query["copy"]
    if found is None:
        messages.info(request, _("There are no earlier hours to copy rows from."))
    else:
        query.setlist("row", sorted({*query.getlist("row"), *found[1]})[:MOST_ROWS])
    return redirect(f"{reverse('timesheets:week')}?{query.urlencode()}")


@dataclass(frozen=True)
class _Typed:
    cell: Cell
    text: str


def _save_all(request: TenantRequest, shown: Week) -> bool:
    """The plain form. What cannot be written stays in its cell with the reason, and nothing of
    the rest is written either."""
    typed = [
        _Typed(cell, request.POST[f"hours-{name}"].strip())
        for name, cell in shown.cells.items()
        if f"hours-{name}" in request.POST and not cell.closed and not cell.holds_several
    ]
    changes: list[tuple[_Typed, cells.CellChange]] = []
    for one in typed:
        one.cell.typed = one.text
        try:
            entry, minutes = _shown(request.POST.get(f"shown-{one.cell.name}", ""))
            now = _minutes(one.text)
        except BadDuration as bad:
            one.cell.error = str(bad.reason)
            continue
        if (now or 0) != minutes:
            place, day = one.cell.place, one.cell.day
            change = cells.CellChange(
                project=place.project,
                task=place.task,
                day=day,
                minutes=now,
                shown_entry_id=entry,
                shown_minutes=minutes,
            )
            changes.append((one, change))
    if any(one.cell.error for one in typed):
        return False
    try:
        cells.write_cells(
            [change for _one, change in changes], actor=request.membership, member=shown.person
        )
    except cells.CellsRefused as refused:
        for number, reason in refused.refusals.items():
            changes[number][0].cell.error = str(reason)
        return False
    messages.success(request, _("The week is saved."))
    return True


def _minutes(text: str) -> int | None:
    """None for an empty cell, and for a nought."""
    if not text:
        return None
    try:
        return read_minutes(text)
    except NoTimeAtAll:
        return None


def _shown(text: str) -> tuple[int | None, int]:
    """ "17/90": the entry a cell held when it was shown, and its minutes."""
    entry, _slash, minutes = text.partition("/")
    return number_of(entry) or None, number_of(minutes) or 0


def _change(data: QueryDict, place: Place, day: date) -> cells.CellChange:
    entry, minutes = _shown(data.get("shown", ""))
    note, billable = data.get("note"), data.get("billable")
    return cells.CellChange(
        project=place.project,
        task=place.task,
        day=day,
        minutes=_minutes(data.get("hours", "").strip()),
        shown_entry_id=entry,
        shown_minutes=minutes,
        description=note[:MOST_NOTE] if note is not None else None,
        is_billable={"yes": True, "no": False}.get(billable or ""),
    )


def _told(entry: TimeEntry | None) -> dict[str, Any]:
    if entry is None:
        return {"entry": None, "minutes": 0, "text": "", "note": ""}
    return {
        "entry": entry.pk,
        "minutes": entry.minutes,
        "text": hours(entry.minutes),
        "note": entry.description,
        "billable": entry.is_billable,
    }


def _cell_now(person: Membership, place: Place, day: date) -> dict[str, Any]:
    found = TimeEntry.objects.filter(
        member=person, project=place.project, task=place.task, work_date=day
    )
    return _told(found.first())


def _refuse(sentence: str, *, status: int = 422, **more: Any) -> JsonResponse:
    return JsonResponse({"error": sentence, **more}, status=status)


def _row(request: TenantRequest, person: Membership, place: Place, monday: date) -> Any:
    shown = read_week(request.membership, person, monday, [place.key])
    return next((row for row in shown.rows if row.place.key == place.key), None)


def _cell(request: TenantRequest, person: Membership, place: Place, day: date) -> Cell | None:
    row = _row(request, person, place, monday_of(day))
    cells_of_row: Iterable[Cell] = row.cells if row else []
    return next((cell for cell in cells_of_row if cell.day == day), None)


def _page(request: TenantRequest, shown: Week, people: list[Membership]) -> dict[str, Any]:
    today = timezone.localdate()
    query = request.GET.copy()
    asked = query.getlist("row")[:MOST_ROWS]
    chosen = day_of(query.get("day")) or today
    index = (chosen - shown.monday).days

    def beside(**changes: Any) -> str:
        other = query.copy()
        for name in ("row", "day", "copy"):
            other.pop(name, None)
        for name, value in changes.items():
            if value is None:
                other.pop(name, None)
            elif isinstance(value, list):
                other.setlist(name, value)
            else:
                other[name] = value
        return f"?{other.urlencode()}"

    here = shown.monday.isoformat()
    return {
        "week": shown,
        "person": shown.person,
        "people": people,
        "is_own": shown.person == request.membership,
        "is_partial": shown.person != request.membership
        and not request.membership.may(Permission.VIEW_HOURS),
        "today": today,
        "columns": [
            {
                "index": number,
                "day": day,
                "minutes": minutes,
                "is_today": day == today,
                "is_weekend": day.weekday() > 4,
                "is_locked": day in shown.locked_days,
                "query": beside(week=here, row=asked, day=day.isoformat()),
            }
            for number, (day, minutes) in enumerate(zip(shown.days, shown.day_minutes, strict=True))
        ],
        "day_index": index if 0 <= index < 7 else 0,
        "before": beside(week=(shown.monday - timedelta(days=7)).isoformat()),
        "after": beside(week=(shown.monday + timedelta(days=7)).isoformat()),
        "this_week": beside(week=None),
        "is_this_week": shown.monday == monday_of(today),
        "copy": beside(week=here, row=asked, copy="1"),
        "removals": {key: beside(week=here, row=[k for k in asked if k != key]) for key in asked},
        "undo": len(undo.offered(request)),
        "refused": sum(bool(cell.error) for cell in shown.cells.values()),
    }
