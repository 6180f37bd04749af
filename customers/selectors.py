"""What a person may see: everything, their own projects with their customers, or nothing."""

from django.db.models import Count, Q, QuerySet

from customers.models import Customer, Project
from tenants.models import Membership
from tenants.roles import Permission


def visible_projects(membership: Membership) -> QuerySet[Project]:
    projects = Project.objects.select_related("customer", "manager")
    if membership.may(Permission.VIEW_CUSTOMERS):
        return projects
    if membership.may(Permission.VIEW_PROJECT_CUSTOMERS):
        return projects.filter(manager=membership)
    return projects.none()


def visible_customers(membership: Membership) -> QuerySet[Customer]:
    if membership.may(Permission.VIEW_CUSTOMERS):
        customers = Customer.objects.all()
        counted = Q(projects__is_active=True)
    elif membership.may(Permission.VIEW_PROJECT_CUSTOMERS):
        own = Project.objects.filter(manager=membership).values("customer_id")
        customers = Customer.objects.filter(pk__in=own)
        counted = Q(projects__is_active=True, projects__manager=membership)
    else:
        return Customer.objects.none()
    counted_customers: QuerySet[Customer] = customers.annotate(
        project_count=Count("projects", filter=counted)
    )
    return counted_customers
