"""Whose service orders a person sees, plans and works on."""

from django.db.models import Q, QuerySet

from customers.models import Customer, Project
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import order_errors as errors
from timesheets.models import ServiceOrder

SEE = (
    Permission.RECORD_HOURS,
    Permission.VIEW_HOURS,
    Permission.VIEW_PROJECT_HOURS,
    Permission.MANAGE_ORDERS,
    Permission.MANAGE_PROJECT_ORDERS,
)
PLAN = (Permission.MANAGE_ORDERS, Permission.MANAGE_PROJECT_ORDERS)
WORK = (Permission.RECORD_HOURS, *PLAN)


def sees_all(reader: Membership) -> bool:
    return reader.may(Permission.VIEW_HOURS) or reader.may(Permission.MANAGE_ORDERS)


def sees_projects(reader: Membership) -> bool:
    return any(
        reader.may(one) for one in (Permission.VIEW_PROJECT_HOURS, Permission.MANAGE_PROJECT_ORDERS)
    )


def visible_orders(reader: Membership) -> QuerySet[ServiceOrder]:
    """All, or those one is sent to and those on the projects one manages."""
    orders: QuerySet[ServiceOrder] = ServiceOrder.objects.all()
    if sees_all(reader):
        return orders
    seen = Q(technician=reader)
    if sees_projects(reader):
        seen |= Q(project__manager=reader)
    return orders.filter(seen)


def may_plan(actor: Membership, project: Project | None) -> bool:
    """Whether they write, check and cancel the orders of the project; without one, of anybody."""
    if actor.may(Permission.MANAGE_ORDERS):
        return True
    is_own = project is not None and project.manager_id == actor.pk
    return is_own and actor.may(Permission.MANAGE_PROJECT_ORDERS)


def may_work_on(actor: Membership, order: ServiceOrder) -> bool:
    is_sent = order.technician_id == actor.pk and actor.may(Permission.RECORD_HOURS)
    return is_sent or may_plan(actor, order.project)


def plannable_projects(actor: Membership) -> QuerySet[Project]:
    """The open projects for which they may write orders."""
    projects: QuerySet[Project] = Project.objects.filter(is_active=True, customer__is_active=True)
    if actor.may(Permission.MANAGE_ORDERS):
        return projects
    return projects.filter(manager=actor)


def plannable_customers(actor: Membership) -> QuerySet[Customer]:
    customers: QuerySet[Customer] = Customer.objects.filter(is_active=True)
    if actor.may(Permission.MANAGE_ORDERS):
        return customers
    return customers.filter(pk__in=plannable_projects(actor).order_by().values("customer_id"))


def held_order(order_id: int) -> ServiceOrder:
    """The order, locked until the end of the transaction: before documents' hours and people."""
    order: ServiceOrder | None = (
        ServiceOrder.objects.select_related("customer", "project__customer", "technician")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=order_id)
        .first()
    )
    if order is None:
        raise errors.OrderGone
    return order


def order_to_plan(order_id: int, actor: Membership) -> ServiceOrder:
    order = held_order(order_id)
    if not may_plan(actor, order.project):
        raise errors.OrderNotYours
    return order


def order_to_work_on(order_id: int, actor: Membership) -> ServiceOrder:
    order = held_order(order_id)
    if not may_work_on(actor, order):
        raise errors.OrderNotYours
    return order
