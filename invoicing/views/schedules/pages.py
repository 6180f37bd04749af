"""A schedule's page and form, with its next dates and whom it reaches, and what is done with it."""

from itertools import islice
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_id
from invoicing.domain.composing.options import LineOptions
from invoicing.domain.schedules import editing
from invoicing.domain.schedules.aiming import coming
from invoicing.domain.schedules.authority import needs_approval
from invoicing.domain.schedules.editing import ScheduleWords
from invoicing.domain.schedules.starting import run_now
from invoicing.domain.schedules.targets import Asked
from invoicing.domain.schedules.timing import (
    Occurrence,
    Rhythm,
    periods_to_run,
    rhythm_of,
)
from invoicing.models import Schedule
from invoicing.selectors.schedules import concerned, listed_schedules
from invoicing.views.posting import leave
from invoicing.views.schedules.forms import ADDED, RunForm, ScheduleForm, lines_form
from invoicing.views.schedules.lists import SEE, described, latest_runs
from invoicing.views.schedules.words import rhythm_words
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

MANAGE = permission_required(Permission.MANAGE_SCHEDULES)
FORM = "invoicing/schedule_form.html"
DETAIL = "invoicing/schedule_detail.html"
RUNS_SHOWN, DATES_SHOWN = 10, 5


@require_GET
@SEE
def schedule_detail(request: TenantRequest, pk: int) -> HttpResponse:
    return _detail(request, get_object_or_404(listed_schedules(), pk=pk))


@require_http_methods(["GET", "POST"])
@MANAGE
def schedule_new(request: TenantRequest) -> HttpResponse:
    return _edit(request, Schedule(tenant=request.tenant))


@require_http_methods(["GET", "POST"])
@MANAGE
def schedule_edit(request: TenantRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Schedule.objects.all(), pk=pk))


@require_POST
@MANAGE
def schedule_preview(request: TenantRequest) -> HttpResponse:
    """The next dates and whom it reaches, as the form says it now, and the customers ticked."""
    known = request.POST.get("schedule", "")
    schedule = Schedule.objects.filter(pk=known).first() if is_id(known) else None
    form, lines = _forms(request, schedule or Schedule(tenant=request.tenant))
    context = {
        "form": form,
        "lines": lines,
        # The list of who is chosen is swapped only then: somebody may be typing in it.
        "has_added": any(request.POST.get(name) for name in ADDED.values()),
        **_foreseen(request, form, lines),
    }
    return render(request, f"{FORM}#preview", context)


@require_POST
@MANAGE
def schedule_pause(request: TenantRequest, pk: int) -> HttpResponse:
    """Pause it, or let it go on."""
    schedule = get_object_or_404(Schedule.objects.all(), pk=pk)
    if schedule.is_active:
        editing.pause_schedule(schedule, actor=request.user)
        messages.success(request, _("The schedule is paused."))
    else:
        editing.go_on_with_schedule(schedule, actor=request.user)
        messages.success(request, _("The schedule is active again."))
    return leave(request, reverse("invoicing:schedule_detail", args=[pk]))


@require_POST
@permission_required(Permission.POST_INVOICE)
def schedule_approve(request: TenantRequest, pk: int) -> HttpResponse:
    schedule = get_object_or_404(listed_schedules(), pk=pk)
    try:
        editing.approve_schedule(schedule, actor=request.membership)
    except DomainError as refusal:
        return _detail(request, schedule, refusal=refusal)
    messages.success(request, _("The schedule is approved: its invoices are posted in your name."))
    return leave(request, reverse("invoicing:schedule_detail", args=[pk]))


@require_POST
@MANAGE
def schedule_remove(request: TenantRequest, pk: int) -> HttpResponse:
    schedule = get_object_or_404(listed_schedules(), pk=pk)
    try:
        editing.remove_schedule(schedule, actor=request.user)
    except DomainError as refusal:
        return _detail(request, schedule, refusal=refusal)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": schedule.name})
    return leave(request, reverse("invoicing:schedule_list"))


@require_POST
@MANAGE
def schedule_run(request: TenantRequest, pk: int) -> HttpResponse:
    """Run it over the chosen period, or try it: `go` is `run` or `trial`."""
    schedule = get_object_or_404(listed_schedules(), pk=pk)
    form = RunForm(request.POST, periods=_periods(request, schedule))
    if not form.is_valid():
        return _detail(request, schedule, run_form=form)
    try:
        run = run_now(
            schedule,
            form.asked(),
            actor=request.user,
            token=form.cleaned_data["token"],
            is_trial=request.POST.get("go") == "trial",
        )
    except DomainError as refusal:
        return _detail(request, schedule, run_form=form, refusal=refusal)
    return leave(request, reverse("invoicing:run_detail", args=[run.pk]))


def _edit(request: TenantRequest, schedule: Schedule) -> HttpResponse:
    form, lines = _forms(request, schedule)
    if request.method == "POST" and form.is_valid() & lines.is_valid():
        try:
            kept = _keep(request, schedule, form.words(lines.options()))
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": kept.name})
            return redirect("invoicing:schedule_detail", kept.pk)
    context = {
        "form": form,
        "lines": lines,
        "schedule": schedule if schedule.pk else None,
        # A form writes into its instance; the heading says what is kept.
        "heading": Schedule.objects.get(pk=schedule.pk).name if schedule.pk else "",
        **_foreseen(request, form, lines),
    }
    return render(request, FORM, context, status=422 if form.errors or lines.errors else 200)


def _keep(request: TenantRequest, schedule: Schedule, words: ScheduleWords) -> Schedule:
    if schedule._state.adding:
        return editing.add_schedule(words, actor=request.membership)
    return editing.change_schedule(schedule, words, actor=request.membership)


def _forms(request: TenantRequest, schedule: Schedule) -> tuple[ScheduleForm, Any]:
    data = request.POST if request.method == "POST" else None
    return ScheduleForm(data, instance=schedule), lines_form(data, schedule)


def _foreseen(request: TenantRequest, form: ScheduleForm, lines: Any) -> dict[str, Any]:
    """What the form would do; nothing where it does not hold together yet."""
    words = _words(form, lines)
    if words is None:
        return {}
    # A form writes into its instance; what is kept says what is due already.
    kept = Schedule.objects.filter(pk=form.instance.pk).first()
    rhythm = words.rhythm(request.tenant)
    dates = _next_dates(request, kept, rhythm)
    reach = concerned(_asked(words), dates[0].period)
    return {"when": rhythm_words(rhythm), "dates": dates, "reach": reach}


def _next_dates(request: TenantRequest, kept: Schedule | None, rhythm: Rhythm) -> list[Occurrence]:
    return list(islice(coming(kept, rhythm, request.tenant, now=timezone.now()), DATES_SHOWN))


def _words(form: ScheduleForm, lines: Any) -> ScheduleWords | None:
    if form.is_bound:
        # A name is all that may be missing.
        whole = form.is_valid() or set(form.errors) <= {"name"}
        if not whole or not lines.is_valid():
            return None
        form.cleaned_data.setdefault("name", "")
        return form.words(lines.options())
    schedule = form.instance
    options = LineOptions.from_json(schedule.options) if schedule.options else LineOptions()
    return ScheduleWords(
        name=schedule.name,
        kinds=tuple(schedule.kinds or form.fields["kinds"].initial),
        every=schedule.every,
        covers=schedule.covers,
        day=schedule.day,
        at=schedule.at or form.initial["at"],
        working_days=schedule.working_days,
        by=schedule.by,
        result=schedule.result,
        only_period=schedule.only_period,
        only_locked=schedule.only_locked,
        whom=schedule.whom,
        customers=form.chosen_customers,
        groups=form.chosen("groups"),
        projects=form.chosen_projects,
        tags=form.fields["tags"].initial,
        options=options,
    )


def _asked(words: ScheduleWords) -> Asked:
    return Asked(
        kinds=words.kinds,
        by=words.by,
        result=words.result,
        only_period=words.only_period,
        whom=words.whom,
        customers=tuple(one.pk for one in words.customers),
        groups=tuple(one.pk for one in words.groups),
        projects=tuple(one.pk for one in words.projects),
        tags=tuple(words.tags),
    )


def _detail(
    request: TenantRequest,
    schedule: Schedule,
    *,
    run_form: RunForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    rhythm = rhythm_of(schedule, request.tenant)
    periods = _periods(request, schedule)
    context = {
        **described(request, schedule),
        "dates": _next_dates(request, schedule, rhythm) if schedule.is_active else [],
        "run_form": run_form
        or RunForm(
            periods=periods,
            initial={"token": uuid4(), "period": periods[_usual(schedule)].query},
        ),
        "runs": latest_runs(schedule, count=RUNS_SHOWN),
        "refusal": refusal,
        "needs_approval": needs_approval(schedule, request.tenant),
        "may_approve": request.membership.may(Permission.POST_INVOICE)
        and schedule.author_id != request.user.pk,
    }
    failed = refusal is not None or (run_form is not None and run_form.errors)
    return render(request, DETAIL, context, status=422 if failed else 200)


def _periods(request: TenantRequest, schedule: Schedule) -> list[Any]:
    return periods_to_run(rhythm_of(schedule, request.tenant), today=timezone.localdate())


def _usual(schedule: Schedule) -> int:
    return 1 if schedule.covers == Schedule.Covers.PREVIOUS else 0
