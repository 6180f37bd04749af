"""What README's tour promises of its file, in a company like the example one."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db.models import Sum

from config.demo.kuusi import KUUSI
from customers.models import Project
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from tenants.models import Membership, Tenant
from tests.factories import CustomerFactory, RateFactory, TaskFactory, TaxRateFactory
from timesheets.models import HoursLock, TimeEntry

ROOT = Path(settings.BASE_DIR)
SAMPLE = ROOT / "docs" / "samples" / "toggl-october.csv"
CUSTOMER = "Lumonranta Kiinteistöt Oy"


def test_the_file_becomes_the_invoice_that_the_tour_shows(
    tenant: Tenant, accountant: Membership
) -> None:
    tax_rate = next(rate for rate in KUUSI.tax_rates if rate.is_default)
    TaxRateFactory(percent=Decimal(tax_rate.percent))
    RateFactory(amount=Decimal(KUUSI.rate))
    CustomerFactory(name=CUSTOMER, country="FI")
    for task in KUUSI.tasks:
        TaskFactory(name=task.name)
    report = StringIO()

    call_command(
        "import_time", SAMPLE, tenant=tenant.slug, create=True, stdout=report, stderr=StringIO()
    )
    entries = TimeEntry.objects.all()
    project = Project.objects.get(name="Huoltopyynnöt")
    draft = draft_work(
        start=entries.earliest("work_date").work_date,
        end=entries.latest("work_date").work_date,
        project_ids=[project.pk],
        actor=accountant.user,
        allow_unlocked=True,
    )
    invoice = post_invoice(draft, actor=accountant.user)

    minutes = entries.aggregate(all=Sum("minutes"))["all"]
    billable = entries.filter(is_billable=True).aggregate(all=Sum("minutes"))["all"]
    assert (minutes / 60, billable / 60) == (45, 44)
    assert set(entries.values_list("task__project", flat=True)) == {None}
    assert not HoursLock.objects.exists()
    assert invoice.lines.count() == 2
    assert invoice.net_total == Decimal("4752.00")
    assert invoice.gross_total == Decimal("5963.76")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for promised in ("45:00 hours", "44:00 can", "44.00 hours", "€4,752.00", CUSTOMER[:-3]):
        assert promised in readme, promised


def test_the_example_company_knows_the_customer_and_not_the_people() -> None:
    planned = next(customer for customer in KUUSI.customers if customer.name == CUSTOMER)
    text = SAMPLE.read_text(encoding="utf-8-sig")

    assert planned.is_linked
    assert not planned.rate
    # Somebody of the company would have locked these days by now.
    assert not [person.name for person in KUUSI.people if person.name in text]
    assert not [project.name for project in KUUSI.projects if f'"{project.name}"' in text]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for email in ("timo.rantanen@kuusi.example", "emilia.korhonen@kuusi.example"):
        assert email in readme
