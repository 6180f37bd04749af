"""Rows of another company, made past the open scope as its own requests would."""

from django.db import connection

from customers.models import Customer, Project
from tenants.models import Membership, Tenant
from tenants.roles import Role
from timesheets.models import Tag, TimeEntry


def foreign_project() -> tuple[int, int]:
    """The ids of a project and a person of somebody else."""
    project, person, _entry = foreign_work()
    return project.pk, person.pk


def foreign_work() -> tuple[Project, Membership, TimeEntry]:
    own = Tenant.objects.get(slug="acme")
    other = Tenant.objects.create(slug="other", name="Other", legal_name="Other Oy")
    person = Membership.objects.create(tenant=other, name="Foreigner", role=Role.OWNER)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{other.pk}'")
        customer = Customer(tenant=other, number="1", name="Foreign customer")
        customer.save(force_insert=True)
        project = Project(tenant=other, customer=customer, name="Foreign project")
        project.save(force_insert=True)
        entry = TimeEntry(
            tenant=other, member=person, project=project, work_date="2026-10-05", minutes=60
        )
        entry.save(force_insert=True)
        cursor.execute(f"SET LOCAL app.tenant_id = '{own.pk}'")
    return project, person, entry


def foreign_tag(name: str) -> int:
    """The id of a tag of somebody else."""
    own = Tenant.objects.get(slug="acme")
    other = Tenant.objects.create(slug="other", name="Other", legal_name="Other Oy")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{other.pk}'")
        tag = Tag(tenant=other, name=name)
        tag.save(force_insert=True)
        cursor.execute(f"SET LOCAL app.tenant_id = '{own.pk}'")
    return tag.pk
