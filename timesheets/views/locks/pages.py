"""Hours locks: who has locked a period, locking it, reminding, and one person's locks."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_id, is_list_request
from core.periods import Period
from tenants.access import TenantRequest, member_required
from tenants.exports import list_file, refuse_file
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import visible_people
from timesheets.domain.locks import lock_hours, lock_people, may_unlock, unlock_hours
from timesheets.domain.reminding import plan_reminders, remind
from timesheets.models import HoursLock
from timesheets.selectors import locks as selectors
from timesheets.selectors.locks import LockState, PersonRow, read_people, read_person
from timesheets.views.locks.filters import DEFAULT_SORT, LockFilter, in_order
from timesheets.views.locks.forms import HoursLockForm, UnlockForm

ROWS_PER_PAGE = 100
LOCKS_SHOWN, HISTORY_SHOWN = 24, 30
TONES = {
    LockState.OPEN: "warning",
    LockState.PARTLY: "info",
    LockState.NO_HOURS: "neutral",
    LockState.LOCKED: "positive",
}
ICONS = {
    LockState.OPEN: "lock-open",
    LockState.PARTLY: "lock-exclamation",
    LockState.NO_HOURS: "circle-dashed",
    LockState.LOCKED: "lock-check",
}


@require_GET
@member_required
def lock_list(request: TenantRequest) -> HttpResponse:
    asked = LockFilter(request.GET)
    return _page(request, asked, status=200 if asked.is_valid else 422)


def _page(request: TenantRequest, asked: LockFilter, *, status: int = 200) -> HttpResponse:
    template = "timesheets/lock_list.html" + ("#list" if is_list_request(request) else "")
    context: dict[str, Any] = {
        "filter": asked,
        "refused": not asked.is_valid,
        "sees_others": selectors.sees_others(request.membership),
        **asked.periods_around(),
    }
    if asked.is_valid:
        context |= _rows_of_page(request, asked)
    return render(request, template, context, status=status)


def _rows_of_page(request: TenantRequest, asked: LockFilter) -> dict[str, Any]:
    reader = request.membership
    rows = read_people(reader, asked.period)
    own = next((row for row in rows if row.is_reader), None)
    named = asked.named(rows)
    shown = in_order(asked.in_status(named), request.GET.get("sort", ""))
    states = Counter(row.state for row in named)
    today = timezone.localdate()
    return {
        "page": Paginator(shown, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "all_count": len(named),
        "states": [
            {"state": state.value, "label": state.label, "count": states[state]}
            for state in LockState
        ],
        "waiting_count": states[LockState.OPEN] + states[LockState.PARTLY],
        "with_hours_count": sum(row.minutes > 0 for row in named),
        "minutes": sum(row.minutes for row in named),
        "open_minutes": sum(row.open_minutes for row in named),
        "may_act": selectors.locks_others(reader),
        "locks_everybody": selectors.locks_everybody(reader),
        "own": own if own and reader.may(Permission.RECORD_HOURS) else None,
        "own_hours": read_person(reader, reader, asked.period, today=today) if own else None,
        "is_over": asked.period.end < today,
        "default_sort": DEFAULT_SORT,
        "tones": TONES,
        "icons": ICONS,
    }


@require_GET
@member_required
def lock_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """All people the filters let through, as a file."""
    asked = LockFilter(request.GET)
    if not asked.is_valid:
        return refuse_file(_("Choose a period first."))
    rows = asked.in_status(asked.named(read_people(request.membership, asked.period)))
    ordered = in_order(rows, request.GET.get("sort", ""))
    head = [
        _("Staff number"), _("Person"), _("From"), _("To"), _("Status"), _("Hours"), _("Locked"),
        _("Not locked"), _("Locked by"), _("Locked at"), _("Reminded at"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name=f"locks-{asked.period.start}-{asked.period.end}",
        title=str(asked.period),
        head=head,
        rows=lambda: _file_rows(ordered, asked.period),
    )


@require_POST
@member_required
def lock_many(request: TenantRequest) -> HttpResponse:
    """Lock what is still open of the ticked people's period."""
    asked, ticked = _asked_and_ticked(request)
    if not asked.is_valid:
        return _page(request, asked, status=422)
    if not ticked:
        return _refuse(request, asked, _("Tick at least one person first."))
    try:
        done = lock_people(
            actor=request.membership,
            member_ids=ticked,
            start=asked.period.start,
            end=asked.period.end,
        )
    except DomainError as refusal:
        return _refuse(request, asked, str(refusal))
    count = len(done.people)
    if count:
        words = ngettext(
            "%(period)s is locked for %(name)s.",
            "%(period)s is locked for %(count)s people.",
            count,
        )
        params = {"period": asked.period, "count": count, "name": done.people[0].name}
        messages.success(request, words % params)
    if done.untouched:
        names = _names(done.untouched)
        messages.info(request, _("Nothing was left to lock for %(names)s.") % {"names": names})
    return _back(request, asked)


@require_POST
@member_required
def lock_remind(request: TenantRequest) -> HttpResponse:
    """Remind the ticked people; who had a mail within a day is asked about first."""
    asked, ticked = _asked_and_ticked(request)
    if not selectors.locks_others(request.membership):
        raise PermissionDenied
    if not asked.is_valid:
        return _page(request, asked, status=422)
    if not ticked:
        return _refuse(request, asked, _("Tick at least one person first."))
    actor, period = request.membership, asked.period
    go = request.POST.get("go", "")
    try:
        plan = plan_reminders(actor=actor, member_ids=ticked, period=period, now=timezone.now())
        if plan.recent and go not in ("all", "others"):
            return _ask_again(request, asked, {"plan": plan, "ticked": sorted(ticked)})
        sent = remind(actor=actor, member_ids=ticked, period=period, again=go == "all")
    except DomainError as refusal:
        return _refuse(request, asked, str(refusal))
    if sent:
        words = ngettext(
            "A reminder is on its way to %(name)s.",
            "Reminders are on their way to %(count)s people.",
            len(sent),
        )
        params = {"count": len(sent), "name": sent[0].member.name}
        messages.success(request, words % params)
    _say_who_gets_none(request, plan.unreachable, plan.locked)
    return _back(request, asked)


def _ask_again(request: TenantRequest, asked: LockFilter, context: dict[str, Any]) -> HttpResponse:
    context |= asked.periods_around()
    if is_list_request(request):
        # The list was to be swapped; the question goes into the dialog instead.
        context["layout"] = "dialog.html"
    response = render(request, "timesheets/lock_remind.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _say_who_gets_none(
    request: TenantRequest, unreachable: list[PersonRow], locked: list[PersonRow]
) -> None:
    if unreachable:
        names = _names([row.member for row in unreachable])
        words = _("No reminder for %(names)s: they have no address or cannot sign in yet.")
        messages.warning(request, words % {"names": names})
    if locked:
        names = _names([row.member for row in locked])
        messages.info(request, _("%(names)s: everything is locked already.") % {"names": names})


@require_GET
@member_required
def lock_detail(request: TenantRequest, pk: int) -> HttpResponse:
    """One person: the period, all locks, and what happened to them."""
    asked = LockFilter(request.GET)
    person = _person_or_404(request, pk)
    reader = request.membership
    context = {
        "person": person,
        "row": selectors.read_row(reader, person, asked.period),
        "hours": read_person(reader, person, asked.period, today=timezone.localdate()),
        "locks": selectors.locks_of_person(reader, person, most=LOCKS_SHOWN),
        "history": selectors.history_of(reader, person, most=HISTORY_SHOWN),
        "is_self": person.pk == reader.pk,
        "may_lock": _may_open_lock_form(request, person),
        "tones": TONES,
        "icons": ICONS,
        "filter": asked,
        **asked.periods_around(),
    }
    template = "timesheets/lock_detail.html" + ("#detail" if is_list_request(request) else "")
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@member_required
def lock_new(request: TenantRequest, pk: int) -> HttpResponse:
    """Lock a period of one person; `?start=&end=` fills the days in."""
    person = _person_or_404(request, pk)
    if not _may_open_lock_form(request, person):
        raise PermissionDenied
    asked = LockFilter(request.GET)
    reader = request.membership
    span = _first_open_span(reader, person, asked.period)
    form = HoursLockForm(
        reader,
        person,
        request.POST or None,
        initial={"start_date": span.start, "end_date": span.end},
    )
    if request.method == "POST" and form.is_valid():
        try:
            lock = lock_hours(
                actor=reader,
                member=person,
                start=form.cleaned_data["start_date"],
                end=form.cleaned_data["end_date"],
                project=form.cleaned_data.get("project"),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            period = Period(lock.start_date, lock.end_date)
            if person.pk == reader.pk:
                words = _("Your hours are locked: %(period)s.")
            else:
                words = _("The hours of %(name)s are locked: %(period)s.")
            messages.success(request, words % {"name": person.name, "period": period})
            return _done(request, asked, person)
    start, end = form.period_typed()
    period = Period(start, end) if start and end and start <= end else span
    today = timezone.localdate()
    context = {
        "form": form,
        "person": person,
        "is_self": person.pk == reader.pk,
        "hours": read_person(reader, person, period, today=today),
        "lock_period": period,
        "days_ahead": period.end >= today,
        **asked.periods_around(),
    }
    status = 422 if form.errors else 200
    return render(request, "timesheets/lock_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_required
def unlock(request: TenantRequest, pk: int) -> HttpResponse:
    """Take a lock away; asks for the reason."""
    reader = request.membership
    lock = get_object_or_404(
        selectors.visible_locks(reader).select_related("member", "project", "locked_by"), pk=pk
    )
    if not may_unlock(reader, lock):
        raise PermissionDenied
    asked = LockFilter(request.GET)
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            unlock_hours(lock.pk, actor=reader, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request,
                _("%(period)s of %(name)s is unlocked.")
                % {"period": Period(lock.start_date, lock.end_date), "name": lock.member.name},
            )
            return _done(request, asked, lock.member)
    context = {
        "form": form,
        "lock": selectors.with_minutes(lock),
        "person": lock.member,
        "lock_period": Period(lock.start_date, lock.end_date),
        **asked.periods_around(),
    }
    return render(request, "timesheets/unlock.html", context, status=422 if form.errors else 200)


def _person_or_404(request: TenantRequest, pk: int) -> Membership:
    person: Membership = get_object_or_404(visible_people(request.membership), pk=pk)
    return person


def _may_open_lock_form(request: TenantRequest, person: Membership) -> bool:
    reader = request.membership
    if person.pk == reader.pk:
        return reader.may(Permission.RECORD_HOURS) or reader.may(Permission.LOCK_HOURS)
    return selectors.locks_others(reader)


def _first_open_span(reader: Membership, person: Membership, period: Period) -> Period:
    """The first days of the period that no lock covers; all of it if there are none."""
    locks = HoursLock.objects.filter(
        member=person, project=None, start_date__lte=period.end, end_date__gte=period.start
    )
    return next(iter(selectors.open_spans(period, locks)), period)


def _asked_and_ticked(request: TenantRequest) -> tuple[LockFilter, set[int]]:
    """The page's query, and the ticked people the reader may see; a strange one is 404."""
    typed = request.POST.getlist("pk")
    if not all(map(is_id, typed)):
        raise Http404
    ticked = {int(pk) for pk in typed}
    seen = set(
        visible_people(request.membership).filter(pk__in=ticked).values_list("pk", flat=True)
    )
    if seen != ticked:
        raise Http404
    return LockFilter(request.GET), ticked


def _refuse(request: TenantRequest, asked: LockFilter, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    if is_list_request(request):
        return HttpResponse(status=422, headers={"HX-Reswap": "none"})
    return _page(request, asked, status=422)


def _back(request: TenantRequest, asked: LockFilter) -> HttpResponse:
    """The list as it is now."""
    if is_list_request(request):
        return close_dialog()
    return redirect(f"{reverse('timesheets:lock_list')}?{asked.query.urlencode()}")


def _done(request: TenantRequest, asked: LockFilter, person: Membership) -> HttpResponse:
    if is_list_request(request):
        return _back(request, asked)
    url = reverse("timesheets:lock_detail", args=[person.pk])
    return redirect(f"{url}?{asked.period.query}")


def _names(people: list[Membership]) -> str:
    return ", ".join(person.name for person in people)


def _file_rows(rows: list[PersonRow], period: Period) -> Iterator[list[Any]]:
    for row in rows:
        lock = row.last_lock
        yield [
            row.member.staff_number,
            row.member.name,
            period.start,
            period.end,
            row.state.label,
            *(_hours(minutes) for minutes in (row.minutes, row.locked_minutes, row.open_minutes)),
            str(lock.locked_by) if lock and lock.locked_by else "",
            lock.locked_at if lock else None,
            row.reminder.asked_at if row.reminder else None,
        ]


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))
