"""Customers, projects, tasks, people and tags that an import brings with it."""

from collections.abc import Iterable

from core.money import CURRENCIES
from customers.domain import custom_fields
from customers.models import Customer, Project
from tenants.audit import log
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import current_tenant_id
from timesheets.imports.names import Kind, NewName
from timesheets.models import Tag, Task

_CURRENCIES = {code for code, _name in CURRENCIES}
_FIRST_NUMBER = 1001


def create_names(names: Iterable[NewName], *, actor: User | None) -> dict[NewName, int]:
    """Make what is new, parents first, and say under which id each one now is."""
    asked = sorted(names, key=lambda name: (name.kind, name.key))
    by_kind = {kind: [name for name in asked if name.kind is kind] for kind in Kind}
    ids: dict[NewName, int] = {}
    if by_kind[Kind.CUSTOMER]:
        _create_customers(by_kind[Kind.CUSTOMER], ids, actor)
    of_projects = custom_fields.for_new("project")
    for name in by_kind[Kind.PROJECT]:
        assert name.parent is not None
        project = Project.objects.create(
            name=name.name, customer_id=_id(name.parent, ids), custom_values=of_projects
        )
        log("project.created", project, actor=actor, by="import")
        ids[name] = project.pk
    of_tasks = custom_fields.for_new("task")
    for name in by_kind[Kind.TASK]:
        project_id = _id(name.parent, ids) if name.parent is not None else None
        task = Task.objects.create(name=name.name, project_id=project_id, custom_values=of_tasks)
        log("task.created", task, actor=actor, by="import")
        ids[name] = task.pk
    for name in by_kind[Kind.PERSON]:
        # No user: the person has a name and hours, and cannot sign in before an invitation.
        member = Membership.objects.create(
            tenant_id=current_tenant_id(),
            name=name.name,
            email=name.email,
            staff_number=name.staff_number[:30],
            role=Role.MEMBER,
        )
        log("member.created", member, actor=actor, by="import")
        ids[name] = member.pk
    for name in by_kind[Kind.TAG]:
        tag = Tag.objects.create(name=name.name)
        log("tag.created", tag, actor=actor, by="import")
        ids[name] = tag.pk
    return ids


def _create_customers(names: list[NewName], ids: dict[NewName, int], actor: User | None) -> None:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    number, width = _highest_number()
    own_fields = custom_fields.for_new("customer")
    for name in names:
        number += 1
        customer = Customer.objects.create(
            number=str(number).zfill(width),
            name=name.name,
            country=tenant.country,
            language=tenant.language,
            currency=name.currency if name.currency in _CURRENCIES else tenant.currency,
            custom_values=own_fields,
        )
        log("customer.created", customer, actor=actor, by="import")
        ids[name] = customer.pk


def _highest_number() -> tuple[int, int]:
    numbers = [
        number
        for number in Customer.objects.order_by().values_list("number", flat=True)
        if number.isdecimal() and len(number) < 10
    ]
    highest = max(numbers, key=int, default=str(_FIRST_NUMBER - 1))
    return int(highest), len(highest)


def _id(parent: int | NewName, ids: dict[NewName, int]) -> int:
    return parent if isinstance(parent, int) else ids[parent]
