"""Adding, changing, closing and removing tasks. Hours keep the task they were written for."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from core.templatetags.figures import hours
from customers.domain import custom_fields
from customers.models import Project
from tenants.audit import changes_to, log
from tenants.models import Membership
from timesheets import errors
from timesheets.domain.access import may_edit_tasks
from timesheets.models import Rate, Task, TimeEntry


@transaction.atomic
def add_task(
    *,
    actor: Membership,
    name: str,
    project: Project | None = None,
    is_billable: bool = True,
    custom_values: Mapping[str, Any] | None = None,
) -> Task:
    """Add a task; without a project every project may use it."""
    _check_actor(actor, project)
    values = custom_fields.for_new("task", custom_values)
    task = Task(name=_tidy(name), project=project, is_billable=is_billable, custom_values=values)
    _check_name(task)
    _save(task)
    log("task.added", task, actor=actor.user, **_about(task))
    return task


@transaction.atomic
def change_task(
    task_id: int,
    *,
    actor: Membership,
    name: str,
    project: Project | None,
    is_billable: bool,
    custom_values: Mapping[str, Any] | None = None,
) -> Task:
    """Change it for hours written from now on. Those on another project keep it from being
    given to one."""
    fields = custom_fields.held_fields("task") if custom_values else {}
    task = _claim(task_id, actor)
    _check_actor(actor, project)
    values = {"name": _tidy(name), "project": project, "is_billable": is_billable}
    changed = changes_to(task, values)
    moved = {"name", "project"} & changed.keys()
    given_to_project = "project" in changed
    changed |= custom_fields.change_values(task, fields, custom_values or {})
    if not changed:
        return task
    if moved:
        _check_name(task)
    if given_to_project:
        _check_hours_elsewhere(task)
    _save(task)
    log("task.changed", task, actor=actor.user, changes=changed)
    return task


def deactivate_task(task_id: int, *, actor: Membership) -> Task:
    """Offer it no more; hours and rates of it stay."""
    return _switch(task_id, actor, is_active=False)


def reactivate_task(task_id: int, *, actor: Membership) -> Task:
    return _switch(task_id, actor, is_active=True)


@transaction.atomic
def remove_task(task_id: int, *, actor: Membership) -> Task:
    """Delete a task that nothing was ever written for."""
    task = _claim(task_id, actor)
    minutes = TimeEntry.objects.order_by().filter(task=task).aggregate(sum=Sum("minutes"))["sum"]
    if minutes:
        raise errors.TaskHasHours(task=task.name, hours=hours(minutes))
    if Rate.objects.filter(task=task).exists():
        # Deleting would take them along, those of the past as well.
        raise errors.TaskHasRates(task=task.name)
    log("task.removed", task, actor=actor.user, **_about(task))
    task.delete()
    return task


@transaction.atomic
def _switch(task_id: int, actor: Membership, *, is_active: bool) -> Task:
    task = _claim(task_id, actor)
    if task.is_active != is_active:
        task.is_active = is_active
        task.save(update_fields=["is_active"])
        action = "task.reactivated" if is_active else "task.deactivated"
        log(action, task, actor=actor.user, **_about(task))
    return task


def _claim(task_id: int, actor: Membership) -> Task:
    """Lock the row: hours being written for it now wait, or are seen."""
    tasks = Task.objects.select_related("project__customer").select_for_update(of=("self",))
    task: Task | None = tasks.filter(pk=task_id).first()
    if task is None:
        raise errors.TaskGone
    _check_actor(actor, task.project)
    return task


def _check_actor(actor: Membership, project: Project | None) -> None:
    if not may_edit_tasks(actor, project):
        raise errors.TasksNotYours


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise errors.TaskWithoutName
    return tidy


def _check_name(task: Task) -> None:
    """Names that differ by capitals only are one to people, and to imports."""
    others = Task.objects.filter(project=task.project, name__iexact=task.name).exclude(pk=task.pk)
    other = others.order_by("pk").first()
    if other is not None:
        refusal = errors.TaskNameTaken if other.is_active else errors.TaskNameOfClosed
        raise refusal(task=other.name, where=_where(task))


def _check_hours_elsewhere(task: Task) -> None:
    if task.project is None:
        return
    elsewhere = TimeEntry.objects.order_by().filter(task=task).exclude(project=task.project)
    most = (
        elsewhere.values("project__name")
        .annotate(minutes=Sum("minutes"))
        .order_by("-minutes", "project__name")
        .first()
    )
    if most is not None:
        raise errors.TaskHasHoursElsewhere(
            hours=hours(most["minutes"]), project=most["project__name"]
        )


def _save(task: Task) -> None:
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError as refused:
        diag = getattr(refused.__cause__, "diag", None)
        if diag is not None and diag.constraint_name == "task_name":
            raise errors.TaskNameTaken(task=task.name, where=_where(task)) from refused
        raise


def _where(task: Task) -> str:
    return str(task.project) if task.project else _("every project")


def _about(task: Task) -> dict[str, Any]:
    detail: dict[str, Any] = {"project": str(task.project)} if task.project else {}
    return detail if task.is_billable else {**detail, "billable": str(_("No"))}
