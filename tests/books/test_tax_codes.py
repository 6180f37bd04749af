"""Versions of rates, which account a sale goes to, and tax that several accounts share."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from catalog.models import TaxRate
from invoicing import book_errors as errors
from invoicing.domain.books.accounts import make_chart
from invoicing.domain.books.revenue import RevenueAccounts
from invoicing.domain.books.tax_codes import delete_rate, next_version, save_rate
from invoicing.domain.drafting import draft_work
from invoicing.domain.lines import TaxRates
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.models import Account, Invoice, InvoiceLine, JournalEntry, ProjectAccount
from tenants.errors import AccountUnfit
from tenants.models import Membership, Tenant
from tests.documents.making import draft, posted, rate_of
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.payments.paying import booked, faults

type SignedIn = Callable[[Membership], Client]
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def usual(tenant: Tenant) -> TaxRate:
    make_chart(tenant)
    return TaxRateFactory(code="STD", valid_from=date(2024, 9, 1))


# Versions


def test_the_next_version_follows_without_a_gap(usual: TaxRate) -> None:
    later = next_version(usual, name="26 %", percent=Decimal(26), valid_from=NEW_YEAR, actor=None)
    usual.refresh_from_db()
    assert (usual.valid_to, later.valid_from, later.code) == (date(2026, 12, 31), NEW_YEAR, "STD")
    assert (later.revenue_account, later.tax_account, later.is_default) == ("3000", "2939", True)
    with pytest.raises(errors.VersionBeforeItsOwn):
        next_version(later, name="27 %", percent=Decimal(27), valid_from=NEW_YEAR, actor=None)
    with pytest.raises(errors.VersionUnfit, match="already exists"), transaction.atomic():
        next_version(
            later, name="26 %", percent=Decimal(27), valid_from=date(2028, 1, 1), actor=None
        )


def test_versions_and_usual_rates_never_overlap(usual: TaxRate) -> None:
    fields = {"percent": 24, "revenue_account": "3000", "tax_account": "2939"}
    for wrong in (
        {"code": "STD", "valid_to": date(2024, 9, 1)},
        {"code": "STD", "valid_from": date(2030, 1, 1)},
        {"is_default": True, "valid_from": date(2030, 1, 1)},
    ):
        with pytest.raises(IntegrityError, match="taxrate_one_"), transaction.atomic():
            TaxRate.objects.create(name="Other", **fields, **wrong)
    TaxRate.objects.create(
        name="24 %", code="STD", is_default=True, valid_to=date(2024, 8, 31), **fields
    )


def test_the_tax_point_chooses_the_version_of_a_projects_rate(usual: TaxRate) -> None:
    """Not the usual rate, as when its own one had run out."""
    reduced = TaxRateFactory(
        name="13.5 %", percent=Decimal("13.5"), code="RED", is_default=False,
        revenue_account="3010",
    )  # fmt: skip
    later = next_version(reduced, name="12 %", percent=Decimal(12), valid_from=NEW_YEAR, actor=None)
    project = ProjectFactory(tax_rate=reduced)
    rates = TaxRates()
    assert rates.default(date(2026, 12, 31), customer=project.customer, project=project) == reduced
    assert rates.default(NEW_YEAR, customer=project.customer, project=project) == later
    assert rates.version(reduced.pk, NEW_YEAR) == later
    customer = CustomerFactory(tax_rate=reduced)
    assert rates.default(NEW_YEAR, customer=customer) == later


def test_hours_over_a_change_are_taxed_by_the_tax_point(
    usual: TaxRate, accountant: Membership
) -> None:
    """Work of a settled period is one supply, made at its end; drafts up to the change and from it
    on keep them apart."""
    later = next_version(
        usual, name="26 %", percent=Decimal(26), valid_from=date(2026, 10, 16), actor=None
    )
    project = ProjectFactory()
    for day in (15, 16):
        TimeEntryFactory(project=project, work_date=date(2026, 10, day))

    def made(first: int, last: int) -> Invoice:
        return draft_work(
            start=date(2026, 10, first), end=date(2026, 10, last), project_ids=[project.pk],
            actor=accountant.user, allow_unlocked=True,
        )  # fmt: skip

    assert {line.tax_rate_id for line in made(1, 15).lines.all()} == {usual.pk}
    assert {line.tax_rate_id for line in made(16, 31).lines.all()} == {later.pk}


def test_what_is_posted_with_a_rate_holds_it(usual: TaxRate) -> None:
    posted({"tax_rate": usual})
    usual.percent = Decimal(26)
    with pytest.raises(errors.RateIsPosted):
        save_rate(usual, actor=None)
    usual.refresh_from_db()
    usual.valid_to = date(2026, 1, 1)
    with pytest.raises(errors.RatePostedOutside, match="2026-0001"):
        save_rate(usual, actor=None)
    with pytest.raises(errors.RateIsUsed):
        delete_rate(usual, actor=None)
    idle = rate_of("E", "By law", revenue_account="3200")
    delete_rate(idle, actor=None)
    project = ProjectFactory(tax_rate=rate_of("Z", revenue_account="3200"))
    with pytest.raises(errors.RateIsUsed):
        delete_rate(project.tax_rate, actor=None)


def test_accounts_of_a_rate_are_in_the_chart(usual: TaxRate) -> None:
    reduced = TaxRate(name="10 %", percent=Decimal(10), tax_account="2939")
    assert save_rate(reduced, actor=None).revenue_account == "3000"
    with pytest.raises(errors.RateNeedsAccount):
        save_rate(TaxRate(name="0 %", percent=0, category="Z"), actor=None)
    with pytest.raises(errors.RateNeedsTaxAccount):
        save_rate(TaxRate(name="9 %", percent=9, revenue_account="3000"), actor=None)
    with pytest.raises(AccountUnfit, match="no account 39"):
        save_rate(
            TaxRate(name="9 %", percent=9, revenue_account="39", tax_account="2939"), actor=None
        )


# Tax of one percentage on several accounts


def test_rates_of_one_percentage_keep_their_accounts(usual: TaxRate) -> None:
    """One group on the document, rounded once; each account gets its part, to the cent."""
    other = TaxRateFactory(
        name="25.5 % abroad", percent=Decimal("25.5"), tax_account="2940", is_default=False
    )
    invoice = posted(
        {"tax_rate": usual, "unit_price": Decimal("0.99")},
        {"tax_rate": other, "unit_price": Decimal("2.01")},
    )
    (tax,) = invoice.taxes.all()
    assert (tax.tax, tax.booked) == (
        Decimal("0.77"), {"2939": Decimal("0.25"), "2940": Decimal("0.52")},
    )  # fmt: skip
    assert booked(JournalEntry.objects.get(invoice=invoice)) == {
        "1700": Decimal("3.77"), "3000": Decimal(-3), "2939": Decimal("-0.25"),
        "2940": Decimal("-0.52"),
    }  # fmt: skip
    # Credited line by line, no account keeps a cent.
    for line in invoice.lines.order_by("position"):
        note = draft(
            {"corrects_line": line, "tax_rate": line.tax_rate, "unit_price": line.unit_price},
            customer=invoice.customer, kind="credit_note", corrects=invoice, reason="Wrong",
        )  # fmt: skip
        post_invoice(note, actor=None)
    with transaction.atomic():
        sums: dict[str, Decimal] = {}
        for entry in JournalEntry.objects.all():
            for account, amount in booked(entry).items():
                sums[account] = sums.get(account, Decimal(0)) + amount
    assert {account: amount for account, amount in sums.items() if amount} == {}
    assert faults() == []


def test_all_reasons_without_tax_are_printed(usual: TaxRate) -> None:
    services = rate_of("AE", "Art. 44", revenue_account="3360")
    building = rate_of("AE", "AVL 8 c §", revenue_account="3365")
    invoice = posted({"tax_rate": services}, {"tax_rate": building}, buyer_vat_id="SE556036079301")
    assert invoice.taxes.get().exemption_reason == "Art. 44 · AVL 8 c §"


# Which account


def test_the_projects_account_comes_before_the_rates(
    usual: TaxRate, accountant: Membership
) -> None:
    training, other = ProjectFactory(), ProjectFactory()
    other.customer = training.customer
    other.save()
    exempt = rate_of("E", "Training", revenue_account="3200")
    ProjectAccount.objects.create(project=training, account="3250")
    ProjectAccount.objects.create(project=training, tax_rate=exempt, account="3980")
    rules = RevenueAccounts()
    assert rules.of(training.pk, usual) == "3250"
    assert rules.of(training.pk, exempt) == "3980"
    assert rules.of(other.pk, usual) == rules.of(None, usual) == ""
    for project in (training, other):
        TimeEntryFactory(project=project)
    # A charge's own account, as its product's, comes first.
    ChargeFactory(project=training, account="3590")
    ChargeFactory(project=training, text="Room")
    made = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[training.pk, other.pk],
        actor=accountant.user, allow_unlocked=True,
    )  # fmt: skip
    found = sorted(made.lines.values_list("account", flat=True))
    assert found == ["3000", "3250", "3250", "3590"]
    post_invoice(made, actor=None)
    assert [check.faults for check in verify_books() if check.faults] == []


def test_an_account_that_computes_vat_is_for_its_rate_alone(usual: TaxRate) -> None:
    project = ProjectFactory()
    Account.objects.filter(number="3250").update(automatic_percent=Decimal("25.5"))
    ProjectAccount.objects.create(project=project, account="3250")
    rules = RevenueAccounts()
    assert rules.of(project.pk, usual) == "3250"
    assert rules.of(project.pk, rate_of("E", "By law", revenue_account="3200")) == ""


# Pages


def test_pages_of_rates(
    usual: TaxRate, accountant: Membership, auditor: Membership, member: Membership,
    signed_in: SignedIn,
) -> None:  # fmt: skip
    client = signed_in(accountant)
    page = client.get("/acme/books/tax-codes/").content.decode()
    assert "25.5 %" in page
    sent = {
        "name": "10 %", "code": "RED2", "category": "S", "percent": "10", "revenue_account": "",
        "tax_account": "2939", "exemption_reason": "", "valid_from": "", "valid_to": "",
    }  # fmt: skip
    assert client.post("/acme/books/tax-codes/new/", sent).status_code == 302
    rate = TaxRate.objects.get(name="10 %")
    assert rate.revenue_account == "3000"
    answer = client.post("/acme/books/tax-codes/new/", sent | {"name": "9 %", "is_default": "on"})
    assert answer.status_code == 422
    assert "Another rate is the usual one" in answer.content.decode()
    url = f"/acme/books/tax-codes/{rate.pk}/"
    version = {"name": "12 %", "percent": "12", "valid_from": "2027-01-01"}
    assert client.post(f"{url}next/", version).status_code == 302
    assert client.post(f"{url}next/", version | {"valid_from": ""}).status_code == 422
    assert client.get(f"{url}next/").status_code == client.get(url).status_code == 200
    assert client.post(f"{url}delete/").status_code == 302
    assert client.get("/acme/books/tax-codes/export.csv").status_code == 200
    reading = signed_in(auditor)
    assert reading.get("/acme/books/tax-codes/").status_code == 200
    assert reading.post("/acme/books/tax-codes/new/", sent).status_code == 403
    assert signed_in(member).get("/acme/books/tax-codes/").status_code == 403


def test_pages_of_revenue_accounts(
    usual: TaxRate, accountant: Membership, auditor: Membership, signed_in: SignedIn
) -> None:
    project = ProjectFactory(name="Kurssit")
    client = signed_in(accountant)
    page = client.get("/acme/books/revenue-accounts/").content.decode()
    assert "No project has an account of its own" in page
    sent = {"project": project.pk, "tax_rate": "", "account": "3250"}
    assert client.post("/acme/books/revenue-accounts/new/", sent).status_code == 302
    again = client.post("/acme/books/revenue-accounts/new/", sent)
    assert again.status_code == 422
    assert "has an account for this rate already" in again.content.decode()
    answer = client.post("/acme/books/revenue-accounts/new/", sent | {"account": "9999"})
    assert answer.status_code == 422
    rule = ProjectAccount.objects.get()
    assert "Kurssit" in client.get("/acme/books/revenue-accounts/").content.decode()
    assert client.get("/acme/books/revenue-accounts/export.csv").status_code == 200
    assert client.post(f"/acme/books/revenue-accounts/{rule.pk}/remove/").status_code == 302
    assert not ProjectAccount.objects.exists()
    assert InvoiceLine.objects.count() == 0
    assert signed_in(auditor).post("/acme/books/revenue-accounts/new/", sent).status_code == 403
