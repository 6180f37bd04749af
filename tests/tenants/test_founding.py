"""A new company can invoice at once: rates, accounts and number series of its country are there."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction

from catalog.models import TaxRate
from customers.models import Customer
from invoicing.domain.drafting import new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.lines import TaxRates
from invoicing.domain.numbering import default_series
from invoicing.domain.numbering.previews import next_number
from invoicing.domain.posting import post_invoice
from invoicing.models import DocumentKind, NumberSeries
from tenants.domain.founding import equip
from tenants.domain.invitations import accept_as_new_user
from tenants.domain.settings import change_settings
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db
type Row = tuple[str, str, str, str, str]


def rates_on(day: date) -> list[Row]:
    return [
        (rate.category, f"{rate.percent.normalize():f}", rate.name, rate.revenue_account,
         rate.tax_account)
        for rate in TaxRate.objects.order_by("id")
        if rate.is_valid_on(day)
    ]  # fmt: skip


def default_on(day: date) -> Decimal:
    return TaxRates().default(day, customer=Customer()).percent


def equipped(country: str, language: str) -> Tenant:
    tenant = TenantFactory(slug="new", country=country, language=language)
    with tenant_scope(tenant.pk):
        equip(tenant, actor=None)
    tenant.refresh_from_db()
    return tenant


def test_finland() -> None:
    tenant = equipped("FI", "fi")
    assert tenant.receivables_account == "1700"
    with tenant_scope(tenant.pk):
        assert rates_on(date(2026, 1, 1)) == [
            ("S", "25.5", "ALV 25,5 %", "3000", "2939"),
            ("S", "13.5", "ALV 13,5 %", "3010", "2939"),
            ("S", "10", "ALV 10 %", "3020", "2939"),
            ("AE", "0", "Käännetty verovelvollisuus, EU-palvelu", "3360", ""),
            ("AE", "0", "Käännetty verovelvollisuus, rakennuspalvelu", "3365", ""),
            ("K", "0", "Tavaran yhteisömyynti", "3350", ""),
            ("G", "0", "Tavaran vienti EU:n ulkopuolelle", "3375", ""),
            ("G", "0", "Palvelu EU:n ulkopuolelle", "3370", ""),
        ]
        taxed = {
            day: [percent for category, percent, *_rest in rates_on(day) if category == "S"]
            for day in (date(2025, 12, 31), date(2024, 8, 31))
        }
        assert taxed == {
            date(2025, 12, 31): ["25.5", "14", "10"],
            date(2024, 8, 31): ["24", "14", "10"],
        }
        assert default_on(date(2024, 9, 1)) == Decimal("25.5")
        assert default_on(date(2024, 8, 31)) == 24


def test_germany() -> None:
    tenant = equipped("DE", "de")
    assert tenant.receivables_account == "1400"
    with tenant_scope(tenant.pk):
        assert rates_on(date(2026, 11, 21)) == [
            ("S", "19", "19 % USt", "8400", "1776"),
            ("S", "7", "7 % USt", "8300", "1771"),
            ("Z", "0", "Photovoltaik 0 %", "8290", ""),
            ("AE", "0", "§ 13b UStG, Inland", "8337", ""),
            ("AE", "0", "Reverse Charge, EU-Dienstleistung", "8336", ""),
            ("K", "0", "Innergemeinschaftliche Lieferung", "8125", ""),
            ("G", "0", "Ausfuhrlieferung", "8120", ""),
            ("G", "0", "Leistung im Drittland", "8338", ""),
            ("E", "0", "Kleinunternehmer, § 19 UStG", "8195", ""),
        ]
        assert default_on(date(2026, 11, 21)) == 19


@pytest.mark.parametrize(
    ("country", "language", "name"),
    [
        ("FI", "sv", "Moms 25,5 %"), ("FI", "en", "VAT 25.5 %"), ("FI", "de", "ALV 25,5 %"),
        ("DE", "en", "VAT 19 %"), ("DE", "sv", "19 % USt"),
    ],
)  # fmt: skip
def test_rates_are_named_in_the_companys_language(country: str, language: str, name: str) -> None:
    with tenant_scope(equipped(country, language).pk):
        assert TaxRate.objects.get(is_default=True, valid_to=None).name == name


def test_each_rate_without_tax_says_why() -> None:
    for country in ("FI", "DE"):
        with transaction.atomic():
            with tenant_scope(equipped(country, "en").pk):
                silent = TaxRate.objects.filter(exemption_reason="").exclude(category__in="SZ")
                assert list(silent) == []
            transaction.set_rollback(True)


def test_what_is_there_already_stays() -> None:
    tenant = TenantFactory(country="DE", receivables_account="1410")
    with tenant_scope(tenant.pk):
        TaxRate.objects.create(name="Ours", percent=19, revenue_account="8401")
        NumberSeries.objects.create(kind=DocumentKind.INVOICE, name="Ours", format="R{c,6}")
        assert equip(tenant, actor=None) == []
        assert [rate.name for rate in TaxRate.objects.all()] == ["Ours"]
        assert default_series(DocumentKind.INVOICE).format == "R{c,6}"
        assert equip(tenant, actor=None) == []
        assert NumberSeries.objects.count() == 2
    tenant.refresh_from_db()
    assert tenant.receivables_account == "1410"


def test_documents_of_two_kinds_never_share_a_number() -> None:
    with tenant_scope(equipped("FI", "fi").pk):
        numbers = [next_number(default_series(kind), date(2026, 11, 21)) for kind in DocumentKind]
        names = list(NumberSeries.objects.order_by("id").values_list("name", flat=True))
    assert numbers == ["2026-0001", "CN-2026-0001"]
    assert len(names) == 2


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_tenant", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_by_command_from_nothing_to_the_first_posted_invoice() -> None:
    """Somebody who runs the program themselves makes a company, joins it and invoices."""
    told = create(
        "kaarna", "--name", "Kaarna", "--legal-name", "Kaarna Oy",
        "--owner-email", "aino@example.com", "--owner-name", "Aino",
    )  # fmt: skip
    tenant = Tenant.objects.get(slug="kaarna")
    assert (tenant.language, tenant.time_zone) == ("fi", "Europe/Helsinki")
    head, invited, link = told.splitlines()
    assert head == "Kaarna Oy: http://localhost:8000/kaarna/"
    assert invited.startswith("aino@example.com is invited as owner.")

    token = link.rstrip("/").rpartition("/")[2]
    owner = accept_as_new_user(token, name="Aino", password="lapland-winter", language="fi")
    assert owner.user is not None
    assert (owner.role, owner.tenant) == (Role.OWNER, tenant)
    with tenant_scope(tenant.pk):
        address = {"street": "Satamatie 1", "postal_code": "48100", "city": "Kotka"}
        change_settings(tenant, actor=owner.user, vat_id="FI12345671", **address)
        draft = new_draft(
            customer=Customer.objects.create(name="Satama Oy", **address),
            actor=owner.user,
            issue_date=date(2026, 11, 21),
        )
        line = LineEdit(
            text="Työ",
            quantity=Decimal(1),
            unit_price=Decimal(100),
            tax_rate=TaxRate.objects.get(is_default=True, valid_to=None),
        )
        save_draft(draft, version=1, values={}, lines=[line], actor=owner.user)
        draft.refresh_from_db()
        invoice = post_invoice(draft, actor=owner.user)
        assert (invoice.number, invoice.gross_total) == ("2026-0001", Decimal("125.50"))
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {
        "platform.tenant_saved", "platform.tenant_equipped", "platform.member_saved",
        "member.invited", "member.joined", "invoice.posted",
    } <= actions  # fmt: skip


def test_the_owner_gets_the_link_by_mail(
    django_capture_on_commit_callbacks: pytest.FixtureRequest,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        told = create("kaarna", "--name", "Kaarna", "--owner-email", "aino@example.com")
    (message,) = mail.outbox
    assert message.to == ["aino@example.com"]
    assert told.splitlines()[-1] in message.body


def test_another_country_is_told_what_is_missing() -> None:
    told = create(
        "fjord", "--name", "Fjord AS", "--country", "no", "--owner-email", "a@example.com",
        "--time-zone", "Europe/Oslo", "--currency", "NOK",
    )  # fmt: skip
    assert "No tax rates are known for Norway." in told
    tenant = Tenant.objects.get()
    assert (tenant.country, tenant.currency, tenant.language) == ("NO", "NOK", "en")
    with tenant_scope(tenant.pk):
        assert NumberSeries.objects.count() == 2
        assert not TaxRate.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["platform"], "slug: This address is taken by the program itself."),
        (["Kaarna"], "slug: Use a-z, 0-9 and hyphens."),
        (["taken"], "slug: Tenant with this Address already exists."),
        (["a", "--country", "SE"], "--time-zone is needed for SE."),
        (["a", "--country", "Suomi"], "--country: 'SUOMI' is not known."),
        (["a", "--country", "XX", "--time-zone", "UTC"], "--country: 'XX' is not known."),
        (["a", "--language", "sámi"], "--language: 'sámi' is not known."),
        (["a", "--currency", "MARK"], "--currency: 'MARK' is not known."),
        (["a", "--owner-email", "aino"], "owner e-mail: Enter a valid email address."),
        (["a", "--owner-email", ""], "Enter an e-mail address first; the invitation goes there."),
    ],
)
def test_what_is_not_understood_is_one_line_and_nothing_is_made(
    arguments: list[str], told: str
) -> None:
    TenantFactory(slug="taken")
    given = ["--name", "Kaarna", "--owner-email", "aino@example.com", *arguments]
    with pytest.raises(CommandError) as refused:
        create(*given)
    assert str(refused.value) == told
    assert Tenant.objects.count() == 1
    assert not Membership.objects.exists()
