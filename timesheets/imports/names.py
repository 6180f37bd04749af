"""The names a file uses, and whom and what of the tenant they mean."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Project
from tenants.models import Membership
from tenants.scope import current_tenant_id
from timesheets.imports.rows import ImportedRow
from timesheets.imports.values import clean, fold
from timesheets.models import Tag, Task


class Kind(StrEnum):
    CUSTOMER = "customer"
    PROJECT = "project"
    TASK = "task"
    PERSON = "person"
    TAG = "tag"

    @property
    def plural(self) -> str:
        return str(_PLURALS[self])


_PLURALS = {
    Kind.CUSTOMER: gettext_lazy("customers"),
    Kind.PROJECT: gettext_lazy("projects"),
    Kind.TASK: gettext_lazy("tasks"),
    Kind.PERSON: gettext_lazy("people"),
    Kind.TAG: gettext_lazy("tags"),
}


@dataclass(frozen=True, slots=True)
class NewName:
    """A name the tenant does not know. Two with the same `key` are the same one."""

    kind: Kind
    key: str
    name: str
    email: str = ""
    staff_number: str = ""
    parent: "int | NewName | None" = None  # of a project its customer, of a task its project
    parent_name: str = ""
    currency: str = ""  # of a customer

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NewName) and self.key == other.key


type Reference = int | NewName


class UnclearName(Exception):
    """The name fits several, or none and nothing says what to do."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, value, reason


@dataclass(frozen=True, slots=True)
class DefaultProject:
    """Where work without a customer or project goes; it fills in what the row lacks."""

    customer: str
    project: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """`Customer / Project`; raises ValueError for anything else."""
        customer, slash, project = (clean(part) for part in text.partition("/"))
        if not (customer and slash and project):
            raise ValueError(text)
        return cls(customer, project)

    def __str__(self) -> str:
        return f"{self.customer} / {self.project}"


@dataclass(frozen=True, slots=True)
class Place:
    """Customer, project and task of a row, and what follows from them."""

    customer: Reference
    project: Reference
    task: Reference | None
    customer_name: str
    project_name: str
    currency: str
    is_billable: bool

    @property
    def new_names(self) -> tuple[NewName, ...]:
        parts = (self.customer, self.project, self.task)
        return tuple(part for part in parts if isinstance(part, NewName))


@dataclass(frozen=True, slots=True)
class _Thing:
    """What is remembered of a customer, project or task."""

    pk: int
    name: str
    parent: int | None = None
    currency: str = ""
    is_billable: bool = True


class _Names:
    """Things by name: the exact spelling first, then one that differs by case or spacing only."""

    def __init__(self, things: Iterable[_Thing]) -> None:
        self._by_name: dict[tuple[int | None, str], list[_Thing]] = defaultdict(list)
        for thing in things:
            self._by_name[thing.parent, fold(thing.name)].append(thing)

    def find(self, name: str, parent: int | None = None) -> list[_Thing]:
        found = self._by_name.get((parent, fold(name)), [])
        exact = [thing for thing in found if clean(thing.name) == name]
        return exact or found


class Directory:
    """Everything of the tenant that a row can name, read once."""

    def __init__(
        self, *, default: DefaultProject | None, currency: str, tasks_belong_to_project: bool
    ) -> None:
        self._default, self._currency = default, currency
        self._tasks_belong_to_project = tasks_belong_to_project
        self._people: dict[tuple[str, str, str], Reference | UnclearName] = {}
        self._places: dict[tuple[str, str, str], Place | UnclearName] = {}
        self._load_people()
        customers = list(Customer.objects.order_by("id").values_list("id", "name", "currency"))
        self._customers = _Names(_Thing(pk, name, None, cur) for pk, name, cur in customers)
        self._customer_by_id = {pk: _Thing(pk, name, None, cur) for pk, name, cur in customers}
        projects = [
            _Thing(pk, name, customer, is_billable=billable)
            for pk, name, customer, billable in Project.objects.order_by("id").values_list(
                "id", "name", "customer_id", "is_billable"
            )
        ]
        self._projects = _Names(projects)
        self._projects_anywhere: dict[str, list[_Thing]] = defaultdict(list)
        for project in projects:
            self._projects_anywhere[fold(project.name)].append(project)
        self._tasks = _Names(
            _Thing(pk, name, project, is_billable=billable)
            for pk, name, project, billable in Task.objects.order_by("id").values_list(
                "id", "name", "project_id", "is_billable"
            )
        )

        self._tags: dict[str, int] = {
            fold(name): into or pk
            for pk, name, into in Tag.objects.order_by("-id").values_list(
                "id", "name", "merged_into_id"
            )
        }

    def _load_people(self) -> None:
        self._by_email: dict[str, int] = {}
        self._by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.member_names: dict[int, str] = {}
        members = Membership.objects.filter(tenant_id=current_tenant_id()).order_by("id")
        for pk, name, email, user_email, staff_number in members.values_list(
            "id", "name", "email", "user__email", "staff_number"
        ):
            self.member_names[pk] = name
            self._by_name[fold(name)].append((pk, staff_number))
            for address in (user_email, email):
                if address:
                    self._by_email[address.lower()] = pk

    def person(self, row: ImportedRow) -> Reference:
        """The member with the e-mail address, else the one of that exact name."""
        asked = (row.email, row.person_name, row.staff_number)
        found = self._people.get(asked)
        if found is None:
            try:
                found = self._find_person(row)
            except UnclearName as unclear:
                found = unclear
            self._people[asked] = found
        if isinstance(found, UnclearName):
            raise found
        return found

    def _find_person(self, row: ImportedRow) -> Reference:
        if row.email and (pk := self._by_email.get(row.email)):
            return pk
        if row.person_name:
            found = self._by_name.get(fold(row.person_name), [])
            if len(found) > 1 and row.staff_number:
                found = [one for one in found if one[1] == row.staff_number]
            if len(found) == 1:
                return found[0][0]
            if found:
                reason = _("%(count)d people have this name. Add their e-mail address to the file.")
                raise UnclearName("person", row.person_name, reason % {"count": len(found)})
        key = f"person:{row.email or fold(row.person_name)}"
        return NewName(Kind.PERSON, key, row.person, row.email, row.staff_number)

    def tags(self, row: ImportedRow) -> tuple[Reference, ...]:
        """Each once; of a merged one what it leads to."""
        found: dict[Reference, None] = {}
        for name in row.tags:
            key = fold(name)
            known = self._tags.get(key)
            found[known or NewName(Kind.TAG, f"tag:{key}", name)] = None
        return tuple(found)

    def place(self, row: ImportedRow) -> Place:
        """Customer, project and task, each one known or new."""
        asked = (row.customer, row.project, row.task)
        found = self._places.get(asked)
        if found is None:
            try:
                found = self._find_place(row)
            except UnclearName as unclear:
                found = unclear
            self._places[asked] = found
        if isinstance(found, UnclearName):
            raise found
        return found

    def _find_place(self, row: ImportedRow) -> Place:
        customer_name, project_name = row.customer, row.project
        if not customer_name and project_name:
            anywhere = self._projects_anywhere.get(fold(project_name), [])
            if len(anywhere) == 1 and anywhere[0].parent is not None:
                customer_name = self._customer_by_id[anywhere[0].parent].name
        if not (customer_name and project_name):
            if self._default is None:
                raise _incomplete(customer_name, project_name)
            customer_name = customer_name or self._default.customer
            project_name = project_name or self._default.project
        customer = self._customer(customer_name, row.currency)
        project, project_billable = self._project(project_name, customer, customer_name)
        task, task_billable = self._task(row.task, project, project_name)
        known = self._customer_by_id.get(customer) if isinstance(customer, int) else None
        return Place(
            customer=customer,
            project=project,
            task=task,
            customer_name=known.name if known else customer_name,
            project_name=project_name,
            currency=known.currency if known else (row.currency or self._currency),
            is_billable=project_billable and task_billable,
        )

    def _customer(self, name: str, currency: str) -> Reference:
        found = self._customers.find(name)
        if len(found) > 1:
            reason = _("%(count)d customers have this name. Rename one of them, or the one here.")
            raise UnclearName("customer", name, reason % {"count": len(found)})
        if found:
            return found[0].pk
        currency = currency or self._currency
        return NewName(Kind.CUSTOMER, f"customer:{fold(name)}", name, currency=currency)

    def _project(
        self, name: str, customer: Reference, customer_name: str
    ) -> tuple[Reference, bool]:
        found = self._projects.find(name, customer) if isinstance(customer, int) else []
        if len(found) > 1:
            reason = _(
                "%(count)d projects of %(customer)s differ only by case. Rename one of them."
            )
            raise UnclearName(
                "project", name, reason % {"count": len(found), "customer": customer_name}
            )
        if found:
            return found[0].pk, found[0].is_billable
        key = f"project:{fold(customer_name)}/{fold(name)}"
        return NewName(Kind.PROJECT, key, name, parent=customer, parent_name=customer_name), True

    def _task(
        self, name: str, project: Reference, project_name: str
    ) -> tuple[Reference | None, bool]:
        if not name:
            return None, True
        of_project = self._tasks.find(name, project) if isinstance(project, int) else []
        found = of_project or self._tasks.find(name)
        if len(found) > 1:
            reason = _("%(count)d tasks differ only by case. Rename one of them.")
            raise UnclearName("task", name, reason % {"count": len(found)})
        if found:
            return found[0].pk, found[0].is_billable
        if self._tasks_belong_to_project:
            project_key = project.key if isinstance(project, NewName) else str(project)
            key = f"task:{project_key}/{fold(name)}"
            return NewName(Kind.TASK, key, name, parent=project, parent_name=project_name), True
        return NewName(Kind.TASK, f"task:{fold(name)}", name), True


def _incomplete(customer: str, project: str) -> UnclearName:
    if not customer and not project:
        reason = _("The row names neither customer nor project. Say where such work goes.")
        return UnclearName("project", "", reason)
    if not project:
        reason = _("The row names a customer but no project. Say where such work goes.")
        return UnclearName("project", "", reason)
    reason = _("The row names a project but no customer. Say where such work goes.")
    return UnclearName("customer", "", reason)
