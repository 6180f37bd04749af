"""Whose hours and charges a person sees and may write."""

from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Project
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.models import Charge, Task, TimeEntry


def visible_entries(reader: Membership) -> QuerySet[TimeEntry]:
    return _visible(TimeEntry.objects.all(), reader)


def visible_charges(reader: Membership) -> QuerySet[Charge]:
    return _visible(Charge.objects.all(), reader)


def _visible(works: QuerySet[Any], reader: Membership) -> QuerySet[Any]:
    """All, or one's own and those on the projects one manages."""
    if reader.may(Permission.VIEW_HOURS):
        return works
    seen = Q(member=reader)
    if reader.may(Permission.VIEW_PROJECT_HOURS):
        seen |= Q(project__manager=reader)
    return works.filter(seen)


def may_write(writer: Membership, *, member_id: int | None, project: Project | None) -> bool:
    """Hours or charges; a charge without a project is for those who correct everybody's."""
    if writer.may(Permission.EDIT_HOURS):
        return True
    if project is None:
        return False
    if member_id == writer.pk and writer.may(Permission.RECORD_HOURS):
        return True
    return _manages(writer, project, Permission.EDIT_PROJECT_HOURS)


def may_write_for(writer: Membership, member_id: int) -> bool:
    """Whether any hours of this person may be written, on whichever project."""
    if member_id == writer.pk:
        return writer.may(Permission.RECORD_HOURS) or writer.may(Permission.EDIT_HOURS)
    return writer.may(Permission.EDIT_HOURS) or writer.may(Permission.EDIT_PROJECT_HOURS)


def may_see_rate(reader: Membership, project: Project) -> bool:
    return reader.may(Permission.VIEW_HOURS) or _manages(
        reader, project, Permission.VIEW_PROJECT_HOURS
    )


def may_set_rate(writer: Membership, project: Project) -> bool:
    return writer.may(Permission.EDIT_HOURS) or _manages(
        writer, project, Permission.EDIT_PROJECT_HOURS
    )


def visible_tasks(reader: Membership) -> QuerySet[Task]:
    """All, or the company's and those of the projects one manages."""
    tasks: QuerySet[Task] = Task.objects.select_related("project__customer")
    if may_edit_tasks(reader, None) or reader.may(Permission.VIEW_CUSTOMERS):
        return tasks
    if reader.may(Permission.VIEW_PROJECT_CUSTOMERS):
        return tasks.filter(Q(project=None) | Q(project__manager=reader))
    return tasks.none()


def may_edit_tasks(writer: Membership, project: Project | None) -> bool:
    """Those of a project, or without one the company's, which concern every project."""
    if writer.may(Permission.SET_RATES) or writer.may(Permission.EDIT_CUSTOMERS):
        return True
    return project is not None and _manages(writer, project, Permission.EDIT_PROJECT_HOURS)


def rate_is_visible(reader: Membership) -> Q:
    """The entries whose rate `may_see_rate` shows, as a condition."""
    if reader.may(Permission.VIEW_HOURS):
        return Q()
    if reader.may(Permission.VIEW_PROJECT_HOURS):
        return Q(project__manager=reader)
    return Q(pk__in=[])


def _manages(person: Membership, project: Project, permission: Permission) -> bool:
    return project.manager_id == person.pk and person.may(permission)


def writable_projects(writer: Membership, member_id: int) -> QuerySet[Project]:
    """The open projects on which new hours of this person may be written."""
    projects: QuerySet[Project] = Project.objects.filter(is_active=True, customer__is_active=True)
    if member_id == writer.pk or writer.may(Permission.EDIT_HOURS):
        return projects
    return projects.filter(manager=writer)


def visible_people(reader: Membership) -> QuerySet[Membership]:
    """Those whose hours one may look at: everybody, or oneself and the people of one's projects."""
    people = Membership.objects.filter(tenant_id=reader.tenant_id)
    if reader.may(Permission.VIEW_HOURS):
        return people
    seen = Q(pk=reader.pk)
    if reader.may(Permission.VIEW_PROJECT_HOURS):
        own = Project.objects.filter(manager=reader)
        worked = TimeEntry.objects.order_by().filter(project__in=own).values("member_id")
        seen |= Q(pk__in=worked) | Q(rates__project__in=own)
    return people.filter(seen).distinct()


def may_make_billable(actor: Membership, project: Project) -> bool:
    """Whether they decide what is billable, of locked hours and against the project's default."""
    return may_set_rate(actor, project)


def decides_on(actor: Membership, project: Project) -> bool:
    """Whether they decide anything about the billing of hours on the project."""
    settles = actor.may(Permission.MARK_BILLED) or actor.may(Permission.WRITE_OFF)
    sees = actor.may(Permission.VIEW_HOURS) or project.manager_id == actor.pk
    return (settles and sees) or may_make_billable(actor, project)
