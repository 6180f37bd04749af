"""Where hours can be written: a project, with one of its tasks or without. Its key is "12-3"."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.lists import is_id
from customers.models import Project
from tenants.models import Membership
from timesheets.domain.access import writable_projects
from timesheets.domain.checks import billable_by_default
from timesheets.models import Task, TimeEntry

MOST_OFFERED = 60
RECENT_DAYS, MOST_RECENT = 92, 12


@dataclass(frozen=True)
class Place:
    project: Project
    task: Task | None = None

    @property
    def key(self) -> str:
        return place_key(self.project.pk, self.task.pk if self.task else None)

    @property
    def is_billable(self) -> bool:
        """What hours here are unless somebody says otherwise."""
        return billable_by_default(self.project, self.task)

    def __str__(self) -> str:
        return f"{self.project.name} · {self.task.name}" if self.task else self.project.name


def place_key(project_id: int, task_id: int | None) -> str:
    return f"{project_id}-{task_id or 0}"


def ids_of_key(key: str) -> tuple[int, int | None] | None:
    """Read "12-3"; None for anything that is no key."""
    project, dash, task = key.partition("-")
    if not (dash and is_id(project) and is_id(task)):
        return None
    return int(project), int(task) or None


def places_of_keys(keys: list[str]) -> dict[str, Place]:
    """The tenant's own places among them, in two questions."""
    wanted = {key: ids for key in keys if (ids := ids_of_key(key))}
    if not wanted:
        return {}
    projects = Project.objects.select_related("customer").in_bulk(
        {project_id for project_id, _task in wanted.values()}
    )
    tasks = Task.objects.in_bulk({task_id for _project, task_id in wanted.values() if task_id})
    found = {}
    for key, (project_id, task_id) in wanted.items():
        project, task = projects.get(project_id), tasks.get(task_id)
        if (
            project
            and (task or not task_id)
            and (not task or task.project_id in (None, project_id))
        ):
            found[key] = Place(project, task)
    return found


def place_of_key(key: str) -> Place | None:
    return places_of_keys([key]).get(key)


@dataclass(frozen=True)
class Offer:
    key: str
    text: str
    customer: str
    group: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"id": self.key, "text": self.text, "hint": self.customer, "group": self.group}


def offered_places(
    writer: Membership,
    person: Membership,
    *,
    words: str = "",
    start: date | None = None,
    end: date | None = None,
    limit: int = MOST_OFFERED,
) -> list[Offer]:
    """Open places for the person's hours: used lately, then assigned to them, then all others."""
    projects = writable_projects(writer, person.pk)
    if start and end:
        projects = projects.filter(
            Q(start_date=None) | Q(start_date__lte=end), Q(end_date=None) | Q(end_date__gte=start)
        )
    offers = {offer.key: offer for offer in _all(projects)}
    wanted = [word.casefold() for word in words.split()]
    recent = [key for key in _recent_keys(person) if key in offers]
    assigned_ids = _assigned_ids(person)
    assigned = [key for key in offers if int(key.partition("-")[0]) in assigned_ids]
    chosen: dict[str, Offer] = {}
    groups = ((recent, _("Used lately")), (assigned, _("Assigned")), (offers, _("All projects")))
    for keys, group in groups:
        for key in keys:
            offer = offers[key]
            text = f"{offer.text} {offer.customer}".casefold()
            if key in chosen or not all(word in text for word in wanted):
                continue
            chosen[key] = Offer(key, offer.text, offer.customer, str(group))
            if len(chosen) == limit:
                return list(chosen.values())
    return list(chosen.values())


def _all(projects: Any) -> Iterator[Offer]:
    """Plain values: a company may have thousands of projects."""
    shared: list[tuple[int, str]] = []
    own: dict[int, list[tuple[int, str]]] = {}
    tasks = Task.objects.filter(is_active=True).order_by("name", "pk")
    for pk, project_id, name in tasks.values_list("pk", "project_id", "name"):
        (shared if project_id is None else own.setdefault(project_id, [])).append((pk, name))
    found = projects.order_by("customer__name", "name", "pk")
    for pk, name, number, customer in found.values_list("pk", "name", "number", "customer__name"):
        hint = f"{customer} · {number}" if number else customer
        for task_id, task in [*own.get(pk, []), *shared]:
            yield Offer(place_key(pk, task_id), f"{name} · {task}", hint)
        yield Offer(place_key(pk, None), name, hint)


def _recent_keys(person: Membership) -> list[str]:
    since = timezone.localdate() - timedelta(days=RECENT_DAYS)
    rows = (
        TimeEntry.objects.filter(member=person, work_date__gte=since)
        .order_by()
        .values_list("project_id", "task_id")
        .annotate(last=Max("work_date"))
        .order_by("-last", "project_id", "task_id")[:MOST_RECENT]
    )
    return [place_key(project_id, task_id) for project_id, task_id, _last in rows]


def _assigned_ids(person: Membership) -> set[int]:
    own = Q(manager=person) | Q(rates__member=person)
    return set(Project.objects.order_by().filter(own).values_list("pk", flat=True))
