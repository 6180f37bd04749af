"""Companies with many hours, filled in by the database itself."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg

from catalog.models import TaxRate
from customers.models import Customer, Project
from invoicing.models import DocumentKind, NumberSeries
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import tenant_scope

MONTH = (date(2026, 10, 1), date(2026, 10, 31))
YEAR = (date(2025, 11, 1), date(2026, 10, 31))


@dataclass(frozen=True)
class Company:
    tenant: Tenant
    accountant: User
    customer_ids: list[int]
    project_ids: list[int]
    member_ids: list[int]


def make_company(slug: str, *, customers: int, projects: int, people: int) -> Company:
    """A Finnish company whose first person is its accountant; projects go round the customers."""
    accountant = User.objects.create_user(email=f"accountant@{slug}.example", password=None)
    tenant = Tenant.objects.create(
        slug=slug, name=slug, legal_name=f"{slug} Oy", business_id="2077474-0",
        vat_id="FI20774740", street="Testikatu 1", postal_code="00100", city="Helsinki",
        country="FI", iban="FI2112345600000785", bic="NDEAFIHH",
    )  # fmt: skip
    with tenant_scope(tenant.pk):
        TaxRate.objects.create(
            name="25.5 %", percent=Decimal("25.5"), revenue_account="3000", tax_account="2939",
            is_default=True,
        )  # fmt: skip
        NumberSeries.objects.get_or_create(
            kind=DocumentKind.INVOICE, is_default=True, defaults={"name": "Invoices"}
        )
        members = Membership.objects.bulk_create(
            Membership(
                tenant=tenant,
                user=None if number else accountant,
                name=f"Person {number}",
                email=f"person{number}@{slug}.example",
                role=Role.MEMBER if number else Role.ACCOUNTANT,
            )
            for number in range(people)
        )
        buyers = Customer.objects.bulk_create(
            Customer(
                number=str(number), name=f"Customer {number}", street="Asiakastie 2",
                postal_code="33100", city="Tampere",
            )
            for number in range(customers)
        )  # fmt: skip
        sites = Project.objects.bulk_create(
            Project(customer=buyers[number % customers], name=f"Project {number}")
            for number in range(projects)
        )
    return Company(
        tenant,
        accountant,
        [customer.pk for customer in buyers],
        [project.pk for project in sites],
        [member.pk for member in members],
    )


def record_hours(
    address: str, company: Company, *, entries: int, period: tuple[date, date] = MONTH
) -> None:
    """Open billable hours, one group per project and person, the days in turn."""
    start, end = period
    with psycopg.connect(address) as superuser:
        # Checks and triggers of two million rows would be most of the run.
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            """
            INSERT INTO timesheets_timeentry (
                tenant_id, member_id, project_id, work_date, minutes, description, is_billable,
                rate, rate_level, billing_state, billing_note, is_locked, created_at, updated_at
            )
            SELECT %(tenant)s,
                (%(members)s::bigint[])[1 + n %% cardinality(%(members)s::bigint[])],
                (%(projects)s::bigint[])[
                    1 + (n / cardinality(%(members)s::bigint[]))
                        %% cardinality(%(projects)s::bigint[])
                ],
                %(start)s::date + (n::bigint * 7919 %% %(days)s)::int,
                15 * (1 + n %% 30), 'Work ' || n, true, 100, 'project', 'open', '', true,
                now(), now()
            FROM generate_series(0, %(entries)s - 1) AS n
            """,
            {
                "tenant": company.tenant.pk,
                "members": company.member_ids,
                "projects": company.project_ids,
                "start": start,
                "days": (end - start).days + 1,
                "entries": entries,
            },
        )


def vacuum(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as superuser:
        superuser.execute("VACUUM (ANALYZE)")
