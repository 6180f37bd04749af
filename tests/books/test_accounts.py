"""The chart of accounts: laid out, changed, read from a file; what is booked on stays."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from catalog.models import TaxRate
from core.csv_files import FileRefused
from invoicing import book_errors as errors
from invoicing.domain.books.account_files import import_accounts
from invoicing.domain.books.accounts import (
    choose_chart,
    delete_account,
    make_chart,
    save_account,
    unnamed_accounts,
)
from invoicing.domain.posting import post_invoice, refusals
from invoicing.models import Account, BankAccount, InvoiceLine
from invoicing.views.drafts.line_book import LineBook
from tenants.domain.founding import equip
from tenants.domain.settings import change_settings
from tenants.errors import AccountUnfit
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import draft, posted, rate_of
from tests.factories import PackageFactory, ProductFactory, TaxRateFactory, TenantFactory

type SignedIn = Callable[[Membership], Client]


@pytest.fixture
def chart(tenant: Tenant) -> Tenant:
    make_chart(tenant)
    return tenant


def numbers() -> list[str]:
    return list(Account.objects.values_list("number", flat=True))


@pytest.mark.parametrize(
    ("country", "sales", "tax", "credit"),
    [("FI", "3000", "2939", "2860"), ("DE", "8400", "1776", "1700")],
)
def test_a_new_company_has_the_chart_of_its_country(
    db: None, country: str, sales: str, tax: str, credit: str
) -> None:
    tenant = TenantFactory(country=country, language={"FI": "fi", "DE": "de"}[country])
    with tenant_scope(tenant.pk):
        equip(tenant, actor=None)
        tenant.refresh_from_db()
        found = {one.number: one for one in Account.objects.all()}
        assert found[sales].kind == "revenue"
        assert found[tax].kind == "liability"
        assert tenant.credit_account == credit
        # Whatever a rate or a setting names is in it.
        named = {rate.revenue_account for rate in TaxRate.objects.all()}
        named |= {rate.tax_account for rate in TaxRate.objects.exclude(tax_account="")}
        named |= {tenant.receivables_account, tenant.bank_account, tenant.bad_debt_account}
        assert named <= set(found)
        # Laid out once.
        count = len(found)
        make_chart(tenant)
        assert Account.objects.count() == count


def test_finnish_names_are_those_of_the_common_plan(db: None) -> None:
    tenant = TenantFactory(country="FI", language="fi")
    with tenant_scope(tenant.pk):
        equip(tenant, actor=None)
        names = dict(Account.objects.values_list("number", "name"))
    assert names["1700"] == "Myyntisaamiset"
    assert names["2860"] == "Saadut ennakot"
    assert names["3500"] == "Myynnin alennukset"
    assert names["8730"] == "Myynnin luottotappiot"


def test_settings_offer_the_accounts_of_the_chart_and_refuse_others(
    chart: Tenant, owner: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(owner)
    page = client.get("/acme/company/settings/").content.decode()
    assert '<option value="1700" selected>1700 ' in page
    assert owner.user is not None
    for account, why in (("1234", "no account 1234"), ("1900", "out of use")):
        Account.objects.filter(number="1900").update(is_active=False)
        with pytest.raises(AccountUnfit, match=why) as refused:
            change_settings(chart, actor=owner.user, bank_account=account)
        assert refused.value.field == "bank_account"
    # What is set stays, whatever became of it since.
    Account.objects.filter(number="8730").update(is_active=False)
    chart.refresh_from_db()
    change_settings(chart, actor=owner.user, bad_debt_account="8730", phone="1")
    chart.refresh_from_db()
    assert (chart.bank_account, chart.phone) == ("1910", "1")


def test_a_bank_account_is_one_of_the_chart(
    chart: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    typed = {"name": "Nordea", "number": "FI2112345600000785", "currency": "EUR"}
    address, client = "/acme/bank/accounts/new/", signed_in(accountant)
    refused = client.post(address, {**typed, "ledger_account": "1234"})
    assert refused.status_code == 422
    assert "There is no account 1234 in the chart." in refused.content.decode()
    assert client.post(address, {**typed, "ledger_account": "1910"}).status_code == 302
    assert BankAccount.objects.get().ledger_account == "1910"


def test_skr04_instead_of_skr03(db: None) -> None:
    tenant = TenantFactory(country="DE", language="de")
    with tenant_scope(tenant.pk):
        equip(tenant, actor=None)
        tenant.refresh_from_db()
        choose_chart(tenant, "skr04", actor=None)
        tenant.refresh_from_db()
        assert (tenant.receivables_account, tenant.bank_account) == ("1200", "1800")
        standard = TaxRate.objects.get(percent=19)
        assert (standard.revenue_account, standard.tax_account) == ("4400", "3806")
        assert Account.objects.get(number="4400").automatic_percent == 19
        assert "8400" not in numbers()
        choose_chart(tenant, "skr03", actor=None)
        tenant.refresh_from_db()
        assert tenant.receivables_account == "1400"
        assert TaxRate.objects.get(percent=19).revenue_account == "8400"
        # Asked for twice, nothing is renamed twice.
        choose_chart(tenant, "skr03", actor=None)
        assert TaxRate.objects.get(percent=7).tax_account == "1771"


def test_the_chart_of_another_country_and_a_booked_one_are_refused(chart: Tenant) -> None:
    with pytest.raises(errors.ChartUnknown):
        choose_chart(chart, "skr03", actor=None)
    posted({})
    with pytest.raises(errors.AlreadyBooked):
        choose_chart(chart, "fi", actor=None)


def test_a_company_that_booked_without_a_chart_gets_one_later(tenant: Tenant) -> None:
    posted({"account": "3007"})
    assert [one.number for one in unnamed_accounts()] == ["1700", "2939", "3007"]
    choose_chart(tenant, "fi", actor=None)
    assert unnamed_accounts() == []
    assert Account.objects.get(number="3007").name == "Account 3007"
    assert Account.objects.get(number="1700").name == "Trade receivables"


def test_what_is_booked_on_keeps_its_number_and_is_never_deleted(chart: Tenant) -> None:
    posted({})
    account = Account.objects.get(number="3000")
    account.number = "3001"
    with pytest.raises(errors.NumberIsBookedOn):
        save_account(account, actor=None)
    with pytest.raises(errors.NotDeletedBookedOn):
        delete_account(account, actor=None)
    with pytest.raises(IntegrityError, match="is booked on"), transaction.atomic():
        Account.objects.filter(number="3000").delete()
    with pytest.raises(IntegrityError, match="is booked on"), transaction.atomic():
        Account.objects.filter(number="3000").update(number="3001")


def test_one_that_settings_or_rates_name_stays_in_use(chart: Tenant) -> None:
    TaxRateFactory()
    account = Account.objects.get(number="3000")
    account.is_active = False
    with pytest.raises(errors.AccountIsNamed, match=r"tax rate 25\.5 %"):
        save_account(account, actor=None)
    bank = Account.objects.get(number="1910")
    with pytest.raises(errors.AccountIsNamed, match="bank account"):
        delete_account(bank, actor=None)
    idle = Account.objects.get(number="3200")
    delete_account(idle, actor=None)
    assert "3200" not in numbers()


def test_nothing_is_posted_on_an_account_that_is_not_there_or_out_of_use(chart: Tenant) -> None:
    typo = draft({"account": "300"})
    with pytest.raises(errors.AccountNotThere, match="no account 300"):
        post_invoice(typo, actor=None)
    assert isinstance(refusals([typo])[typo.pk], errors.AccountNotThere)
    account = Account.objects.get(number="3200")
    account.is_active = False
    save_account(account, actor=None)
    unused = draft({"account": "3200"})
    with pytest.raises(errors.AccountNotInUse):
        post_invoice(unused, actor=None)
    InvoiceLine.objects.filter(invoice=unused).update(account="3000")
    assert post_invoice(unused, actor=None).number


def test_untaxed_sales_are_refused_on_an_account_that_computes_vat(chart: Tenant) -> None:
    Account.objects.filter(number="3000").update(automatic_percent=Decimal("25.5"))
    posted({})
    exempt = draft({"tax_rate": rate_of("E", "Exempt by law", revenue_account="3000")})
    with pytest.raises(errors.AccountTaxesItself, match=r"computes 25\.5 % VAT itself.* at 0 %"):
        post_invoice(exempt, actor=None)


# Files


def test_a_file_adds_and_changes_all_or_none(chart: Tenant) -> None:
    content = (
        "Number;Name;Kind;Computes VAT itself (%);Active\r\n"
        "3000;Myynti kotimaa;Revenue;;yes\r\n"
        "3300;Komissiot;revenue;25,5;yes\r\n"
        ";;;;\r\n"
    )
    done = import_accounts(content.encode("utf-8-sig"), actor=None)
    assert (done.added, done.changed) == (1, 1)
    assert Account.objects.get(number="3000").name == "Myynti kotimaa"
    assert Account.objects.get(number="3300").automatic_percent == Decimal("25.5")
    again = import_accounts(content.encode(), actor=None)
    assert (again.added, again.changed) == (0, 0)


@pytest.mark.parametrize(
    ("text", "refused", "sentence"),
    [
        ("", FileRefused, "is empty"),
        ("\0\0", FileRefused, "not a CSV file"),
        ('number;name;kind\n4000;"A;expense', errors.RowUnreadable, "quotation marks"),
        ("a;b\n1;2", errors.ColumnsMissing, "number and name"),
        ("number;name;kind\n4000;Ostot;purchases", errors.RowUnreadable, "Row 2: The kind is"),
        ("number;name\n4000;Ostot", errors.RowUnreadable, "needs a kind"),
        ("number;name;kind\n4 000;Ostot;expense", errors.RowUnreadable, "without blanks"),
        ("number;name;kind\n4000;A;expense\n4000;B;expense", errors.RowUnreadable, "there twice"),
        ("number;name;kind;is_active\n4000;A;expense;perhaps", errors.RowUnreadable, "yes or no"),
        (
            "number;name;kind;automatic_percent\n4000;A;revenue;many",
            errors.RowUnreadable,
            "no percentage",
        ),
        ("number;name;kind\n" + "1;A;asset\n" * 5001, errors.FileTooLong, "at most 5000"),
        ("x" * 2_000_001, errors.FileTooLong, "at most 5000"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    chart: Tenant, text: str, refused: type[Exception], sentence: str
) -> None:
    before = numbers()
    with pytest.raises(refused, match=sentence):
        import_accounts(text.encode(), actor=None)
    assert numbers() == before


def test_the_lists_own_file_is_read_in_again(
    chart: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    content = b"".join(client.get("/acme/books/accounts/export.csv").streaming_content)  # type: ignore[attr-defined]
    assert "3000;Sales;Revenue;;yes" in content.decode("utf-8-sig")
    file = SimpleUploadedFile("accounts.csv", content)
    answer = client.post("/acme/books/accounts/import/", {"file": file}, follow=True)
    assert "0 accounts are added, 0 changed." in answer.content.decode()


# Pages


def test_the_list_and_its_filters(
    chart: Tenant, accountant: Membership, auditor: Membership, signed_in: SignedIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:  # fmt: skip
    posted({})
    client = signed_in(accountant)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        answer = client.get("/acme/books/accounts/")
    shown = {account.number: sums for account, sums in answer.context["rows"]}
    assert shown["1700"] == [("EUR", Decimal("125.5"))]
    assert shown["1910"] == []
    answer = client.get("/acme/books/accounts/?q=myynti&kind=asset")
    assert [account.number for account, _sums in answer.context["rows"]] == []
    answer = client.get("/acme/books/accounts/?kind=liability&sort=-number")
    assert [account.number for account, _sums in answer.context["rows"]] == ["2940", "2939", "2860"]
    auditing = signed_in(auditor)
    assert "New account" not in auditing.get("/acme/books/accounts/").content.decode()
    assert auditing.get("/acme/books/accounts/new/").status_code == 403


def test_adding_and_changing(
    chart: Tenant, accountant: Membership, member: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    sent = {"number": "3005", "name": "Koulutus", "kind": "revenue", "automatic_percent": ""}
    assert client.post("/acme/books/accounts/new/", sent).status_code == 302
    account = Account.objects.get(number="3005")
    answer = client.post("/acme/books/accounts/new/", sent)
    assert answer.status_code == 422
    assert "Another account has this number." in answer.content.decode()
    url = f"/acme/books/accounts/{account.pk}/"
    assert client.post(url, sent | {"name": "Kurssit", "is_active": "on"}).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.is_active) == ("Kurssit", True)
    bank = Account.objects.get(number="1910")
    answer = client.post(f"/acme/books/accounts/{bank.pk}/delete/")
    assert answer.status_code == 422
    assert "still used by" in answer.content.decode()
    assert client.post(f"{url}delete/").status_code == 302
    assert not Account.objects.filter(number="3005").exists()
    assert signed_in(member).get("/acme/books/accounts/").status_code == 403


def test_without_a_chart_one_is_offered(
    tenant: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    page = client.get("/acme/books/accounts/").content.decode()
    assert "No accounts yet" in page
    assert "Begin with Suomi" in page
    client.post("/acme/books/accounts/chart/", {"chart": "fi"})
    assert "3000" in numbers()


def offered(client: Client, address: str) -> list[str]:
    """The numbers that the page's field of the account offers."""
    page = client.get(address).content.decode()
    _before, _name, field = page.partition('name="account"')
    return re.findall(r'<option value="([0-9]+)"', field.partition("</select>")[0])


def test_wherever_work_is_priced_the_revenue_accounts_of_the_chart_are_offered(
    chart: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    revenue = [one.number for one in Account.objects.filter(kind="revenue").order_by("number")]
    client = signed_in(accountant)
    package = PackageFactory()

    assert offered(client, "/acme/products/new/") == revenue
    assert offered(client, "/acme/charges/new/") == revenue
    assert offered(client, f"/acme/packages/{package.pk}/components/new/") == revenue


def test_a_product_keeps_an_account_that_is_out_of_use(
    chart: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    product = ProductFactory(account="3999")
    page = signed_in(accountant).get(f"/acme/products/{product.pk}/").content.decode()
    assert '<option value="3999" selected>3999</option>' in page


def test_a_line_takes_any_revenue_account_of_the_chart_and_no_other(
    chart: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    invoice = draft({"account": "3000"})
    line = invoice.lines.get()
    client, address = signed_in(accountant), f"/acme/drafts/{invoice.pk}/lines/{line.pk}/"
    name = Account.objects.get(number="3250")
    page = client.get(address).content.decode()
    assert f'<option value="3250">{name}</option>' in page
    assert '<option value="1910">' not in page

    book = LineBook(invoice)
    for number, refused in (("3250", False), ("1910", True)):
        row = book.stored_rows()[0]
        row.typed["account"] = number
        book.check(row)
        assert ("account" in row.errors) == refused
