"""Expenses: what they cost and are charged at, their receipts, and locks that hold them."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from customers.models import Project
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    HoursLockFactory,
    ProjectFactory,
    ServiceOrderFactory,
    TaxRateFactory,
)
from timesheets import errors, order_errors
from timesheets.domain import receipts
from timesheets.domain.charges import change_charge, delete_charges, record_charge
from timesheets.domain.deleting import drop_charges
from timesheets.models import Charge, ChargeKind, Receipt, ServiceOrder

SignedIn = Callable[[Membership], Client]


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def project(tenant: Tenant) -> Project:
    found: Project = ProjectFactory(customer=CustomerFactory(name="Ostaja Oy"), name="Roof")
    return found


def photo(name: str = "IMG_1.jpg", size: tuple[int, int] = (800, 600)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def pdf(**options: Any) -> SimpleUploadedFile:
    out = io.BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.save(out, **options)
    return SimpleUploadedFile("hotel.pdf", out.getvalue(), "application/pdf")


def expense(actor: Membership, project: Project, **told: Any) -> Charge:
    values: dict[str, Any] = {
        "kind": ChargeKind.EXPENSE,
        "customer": project.customer,
        "project": project,
        "member": actor,
        "charge_date": date(2026, 10, 12),
        "text": "Hotel",
    } | told
    return record_charge(actor=actor, **values)


# Cost and mark-up


def test_the_price_is_the_cost_and_its_mark_up(accountant: Membership, project: Project) -> None:
    charge = expense(
        accountant, project, cost=Decimal("99.90"), markup_percent=Decimal("12.5"), unit_price=None
    )
    assert (charge.unit_price, charge.cost_currency) == (Decimal("112.3875"), "EUR")
    assert charge.net == Decimal("112.39")
    charge = change_charge(
        charge.pk, actor=accountant, markup_percent=Decimal("0"), unit_price=None
    )
    assert charge.unit_price == Decimal("99.90")


def test_a_typed_price_wins(accountant: Membership, project: Project) -> None:
    charge = expense(
        accountant, project, cost=Decimal("99.90"), cost_currency="SEK", unit_price=Decimal("10")
    )
    assert (charge.unit_price, charge.cost_currency) == (Decimal("10"), "SEK")


@pytest.mark.parametrize(
    ("told", "price", "net"),
    [
        # Kilometres, and what costs less than a cent apiece: only the line is rounded.
        ({"cost": "0.305", "quantity": "100"}, "0.305", "30.50"),
        ({"cost": "0.0045", "quantity": "1000", "markup_percent": "10"}, "0.00495", "4.95"),
        ({"cost": "0.000005", "quantity": "1", "markup_percent": "10"}, "0.000006", "0.00"),
    ],
)
def test_the_price_of_one_keeps_its_places(
    accountant: Membership, project: Project, told: dict[str, str], price: str, net: str
) -> None:
    amounts = {name: Decimal(amount) for name, amount in told.items()}
    charge = expense(accountant, project, unit_price=None, **amounts)
    assert (charge.unit_price, charge.net) == (Decimal(price), Decimal(net))


@pytest.mark.parametrize(
    ("changed", "price"),
    [
        ({"markup_percent": Decimal(20)}, 120),
        ({"cost": Decimal(200)}, 220),
        ({"markup_percent": None}, 100),
        ({"text": "Dinner"}, 110),
        # A typed price wins, and of another currency nothing can follow.
        ({"cost": Decimal(200), "unit_price": Decimal(205)}, 205),
        ({"cost": Decimal(200), "cost_currency": "SEK"}, 110),
    ],
)
def test_a_price_left_as_shown_follows_cost_and_mark_up(
    accountant: Membership, project: Project, changed: dict[str, Any], price: int
) -> None:
    told: dict[str, Any] = {
        "cost": Decimal(100),
        "cost_currency": "EUR",
        "markup_percent": Decimal(10),
    }
    charge = expense(accountant, project, unit_price=None, **told)
    # The form sends all of it, the price among it.
    charge = change_charge(
        charge.pk, actor=accountant, **(told | {"unit_price": Decimal(110)} | changed)
    )
    assert charge.unit_price == price


def test_an_agreed_price_stays_when_its_cost_is_noted(
    accountant: Membership, project: Project
) -> None:
    charge = expense(accountant, project, unit_price=Decimal(50))
    noted = change_charge(
        charge.pk, actor=accountant, cost=Decimal(30), unit_price=Decimal(50), markup_percent=None
    )
    assert (noted.unit_price, noted.cost) == (Decimal(50), Decimal(30))


def test_nothing_is_converted_and_something_is_needed(
    accountant: Membership, project: Project
) -> None:
    with pytest.raises(errors.ChargePriceInAnotherCurrency) as refused:
        expense(accountant, project, cost=Decimal(5), cost_currency="SEK", unit_price=None)
    assert str(refused.value) == (
        "It cost SEK and is charged in EUR: enter the price, nothing is converted here."
    )
    with pytest.raises(errors.ChargePriceMissing):
        expense(accountant, project, unit_price=None)


def test_a_cost_has_a_currency_in_the_database(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ChargeFactory(cost=Decimal(5))


# Locks


def test_whoever_locked_their_hours_has_locked_their_expenses(
    member: Membership, accountant: Membership, project: Project
) -> None:
    charge = expense(member, project, unit_price=Decimal(10))
    HoursLockFactory(member=member)  # October

    with pytest.raises(errors.ExpenseLocked):
        expense(member, project, unit_price=Decimal(10))
    for changed in (
        {"text": "Dinner"},
        {"quantity": Decimal(2)},
        {"charge_date": date(2026, 11, 2)},
    ):
        with pytest.raises(errors.ExpenseLocked):
            change_charge(charge.pk, actor=member, **changed)
    with pytest.raises(errors.ExpenseLocked):
        delete_charges([charge.pk], actor=member)
    # The office decides what is charged.
    change_charge(charge.pk, actor=accountant, unit_price=Decimal(12), account="3100")
    # Outside the lock, and other kinds, are free.
    expense(member, project, unit_price=Decimal(1), charge_date=date(2026, 11, 2))
    expense(member, project, unit_price=Decimal(1), kind=ChargeKind.PART)


@pytest.mark.parametrize(
    "changed",
    [
        {"unit_price": Decimal(99)},
        {"markup_percent": Decimal(50)},
        {"unit": "KMT"},
        {"is_billable": False},
    ],
)
def test_within_a_lock_only_the_office_decides_what_is_charged(
    member: Membership, accountant: Membership, project: Project, changed: dict[str, Any]
) -> None:
    charge = expense(member, project, cost=Decimal(10), unit_price=None)
    change_charge(charge.pk, actor=member, note="Breakfast included", unit_price=Decimal(11))
    HoursLockFactory(member=member)

    with pytest.raises(errors.ExpenseLocked):
        change_charge(charge.pk, actor=member, **changed)
    change_charge(charge.pk, actor=member, note="Paid twice")
    change_charge(charge.pk, actor=accountant, **changed)


def test_a_lock_holds_receipts(
    member: Membership, accountant: Membership, project: Project
) -> None:
    charge = expense(member, project, unit_price=Decimal(10))
    kept = receipts.add_receipt(charge.pk, upload=photo(), actor=member)
    HoursLockFactory(member=member)

    for actor in (member, accountant):
        with pytest.raises(errors.ExpenseLocked):
            receipts.remove_receipt(charge.pk, kept.pk, actor=actor)
        with pytest.raises(errors.ExpenseLocked):
            receipts.add_receipt(charge.pk, upload=photo(), actor=actor)
    assert Receipt.objects.get() == kept


def test_receipts_of_checked_parts_stay(accountant: Membership, project: Project) -> None:
    order = ServiceOrderFactory(customer=project.customer, project=project)
    charge = expense(
        accountant, project, unit_price=Decimal(10), kind=ChargeKind.PART, service_order=order
    )
    kept = receipts.add_receipt(charge.pk, upload=photo(), actor=accountant)
    ServiceOrder.objects.filter(pk=order.pk).update(
        technician=accountant,
        status=ServiceOrder.Status.DONE,
        report="Pump replaced.",
        done_at=timezone.now(),
        parts_checked_at=timezone.now(),
        parts_checked_by=accountant.user,
    )

    with pytest.raises(order_errors.PartsChecked):
        receipts.remove_receipt(charge.pk, kept.pk, actor=accountant)
    assert Receipt.objects.get() == kept


def test_nothing_is_moved_into_a_locked_period(member: Membership, project: Project) -> None:
    charge = expense(member, project, unit_price=Decimal(1), charge_date=date(2026, 11, 2))
    HoursLockFactory(member=member)
    with pytest.raises(errors.ExpenseLocked):
        change_charge(charge.pk, actor=member, charge_date=date(2026, 10, 30))


# Receipts


def test_a_photo_is_kept_small_with_a_smaller_one(
    member: Membership, project: Project, tmp_path: Any
) -> None:
    charge = expense(member, project, unit_price=Decimal(10))

    kept = receipts.add_receipt(
        charge.pk, upload=photo("C:\\x\\../<IMG>.jpg", (4000, 3000)), actor=member
    )

    assert (kept.kind, kept.name) == ("jpg", "IMG .jpg")
    with Image.open(kept.file) as image, Image.open(kept.thumbnail) as small:
        assert (image.size, small.size) == ((1600, 1200), (320, 240))
    assert AuditEntry.objects.filter(action="charge.receipt_added").count() == 1


def test_a_pdf_is_kept_as_it_is(member: Membership, project: Project) -> None:
    charge, upload = expense(member, project, unit_price=Decimal(10)), pdf()
    content = upload.read()
    upload.seek(0)
    kept = receipts.add_receipt(charge.pk, upload=upload, actor=member)
    assert (kept.kind, kept.size, bool(kept.thumbnail)) == ("pdf", len(content), False)
    assert kept.file.read() == content


@pytest.mark.parametrize(
    ("upload", "refusal"),
    [
        (SimpleUploadedFile("x.jpg", b"no picture"), errors.ReceiptUnreadable),
        (SimpleUploadedFile("x.pdf", b"%PDF-1.7 broken"), errors.ReceiptUnreadable),
        (SimpleUploadedFile("x.svg", b"<svg onload='x()'/>"), errors.ReceiptUnreadable),
        (SimpleUploadedFile("x.html", b"<script>x()</script>"), errors.ReceiptUnreadable),
        (SimpleUploadedFile("x.jpg", b""), errors.ReceiptUnreadable),
        (
            pdf(encryption=pikepdf.Encryption(owner="a", user="b")),
            errors.ReceiptProtected,
        ),
    ],
)
def test_what_is_no_receipt_is_refused(
    member: Membership,
    project: Project,
    upload: SimpleUploadedFile,
    refusal: type[errors.ChargeRefused],
) -> None:
    charge = expense(member, project, unit_price=Decimal(10))
    upload.seek(0)
    with pytest.raises(refusal):
        receipts.add_receipt(charge.pk, upload=upload, actor=member)
    assert not Receipt.objects.exists()


def test_its_size_is_looked_at_before_it_is_read(member: Membership, project: Project) -> None:
    charge, upload = expense(member, project, unit_price=Decimal(10)), photo()
    upload.size = 15 * 1024 * 1024 + 1
    assert upload.file is not None
    upload.file.close()
    with pytest.raises(errors.ReceiptTooLarge):
        receipts.add_receipt(charge.pk, upload=upload, actor=member)


def test_receipts_of_what_is_invoiced_stay(
    member: Membership, accountant: Membership, project: Project
) -> None:
    TaxRateFactory()
    charge = expense(member, project, unit_price=Decimal(10))
    kept = receipts.add_receipt(charge.pk, upload=photo(), actor=member)
    draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
        actor=accountant.user,
    )  # fmt: skip

    with pytest.raises(errors.ChargeSettled):
        receipts.remove_receipt(charge.pk, kept.pk, actor=member)
    with pytest.raises(IntegrityError), transaction.atomic():
        kept.delete()


def test_a_deleted_charge_takes_its_files_along(
    member: Membership, project: Project, django_capture_on_commit_callbacks: Any, tmp_path: Any
) -> None:
    charge = expense(member, project, unit_price=Decimal(10))
    receipts.add_receipt(charge.pk, upload=photo(), actor=member)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2
    with django_capture_on_commit_callbacks(execute=True):
        delete_charges([charge.pk], actor=member)
    assert not Receipt.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_receipts_of_charges_that_follow_from_something_else_go_with_their_files(
    member: Membership, project: Project, django_capture_on_commit_callbacks: Any, tmp_path: Any
) -> None:
    charge = expense(member, project, unit_price=Decimal(10))
    receipts.add_receipt(charge.pk, upload=photo(), actor=member)
    with django_capture_on_commit_callbacks(execute=True):
        drop_charges(Charge.objects.filter(pk=charge.pk))
    assert not Receipt.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# Pages


def test_a_receipt_is_snapped_on_the_way(
    member: Membership, project: Project, signed_in: SignedIn
) -> None:
    client, today = signed_in(member), timezone.localdate()
    typed = {
        "cost": "48,20", "text": "Train", "project": project.pk, "charge_date": today.isoformat(),
        "token": "6f1c6f5e-0a0c-4b6e-9b38-5a1df0b3a001",
    }  # fmt: skip

    assert client.post("/acme/charges/snap/", typed | {"receipt": photo()}).status_code == 302
    # The second tap.
    assert client.post("/acme/charges/snap/", typed | {"receipt": photo()}).status_code == 302

    charge = Charge.objects.get()
    assert (charge.unit_price, charge.cost, charge.member) == (
        Decimal("48.20"), Decimal("48.20"), member,
    )  # fmt: skip
    receipt = charge.receipts.get()
    shown = client.get(f"/acme/charges/{charge.pk}/receipts/{receipt.pk}/?small")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert "Train" in client.get("/acme/charges/snap/").content.decode()


def test_without_a_photo_nothing_typed_is_lost(
    member: Membership, project: Project, signed_in: SignedIn
) -> None:
    typed = {"cost": "48,20", "text": "Train to Oulu", "project": project.pk}
    answer = signed_in(member).post("/acme/charges/snap/", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Take a photo of the receipt first." in page
    assert "Train to Oulu" in page
    bad = SimpleUploadedFile("x.jpg", b"none")
    typed["charge_date"] = "2026-10-12"
    answer = signed_in(member).post("/acme/charges/snap/", typed | {"receipt": bad})
    assert answer.status_code == 422
    assert "This file cannot be read." in answer.content.decode()
    assert not Charge.objects.exists()


def test_the_form_of_a_charge_takes_a_receipt_and_gives_it_back(
    member: Membership, accountant: Membership, project: Project, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    typed = {
        "kind": "expense", "charge_date": "2026-10-12", "project": project.pk, "text": "Hotel",
        "quantity": "1", "unit": "C62", "cost": "100", "markup_percent": "10", "receipt": pdf(),
        "is_billable": "on",
    }  # fmt: skip
    assert client.post("/acme/charges/new/", typed).status_code == 302
    charge = Charge.objects.get()
    receipt = charge.receipts.get()
    assert charge.unit_price == Decimal(110)
    url = f"/acme/charges/{charge.pk}/"
    assert "hotel.pdf" in client.get(url).content.decode()

    sent = client.get(f"{url}receipts/{receipt.pk}/")
    assert sent["Content-Disposition"] == 'attachment; filename="hotel.pdf"'
    assert signed_in(member).get(f"{url}receipts/{receipt.pk}/").status_code == 404
    assert signed_in(member).post(f"{url}receipts/{receipt.pk}/remove/").status_code == 404
    assert signed_in(accountant).post(f"{url}receipts/{receipt.pk}/remove/").status_code == 302
    assert not Receipt.objects.exists()


def test_the_receipts_of_an_invoice_come_in_one_zip(
    accountant: Membership, project: Project, signed_in: SignedIn
) -> None:
    TaxRateFactory()
    for text, upload in (("Hotel", pdf()), ("Train/../Oulu", photo())):
        charge = expense(accountant, project, text=text, unit_price=Decimal(10))
        receipts.add_receipt(charge.pk, upload=upload, actor=accountant)
    draft = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
        actor=accountant.user,
    )  # fmt: skip
    invoice = post_invoice(draft, actor=accountant.user)
    client = signed_in(accountant)

    page = client.get(f"/acme/invoices/{invoice.pk}/charges/").content.decode()
    assert "Download 2 receipts" in " ".join(page.split())
    answer = client.get(f"/acme/invoices/{invoice.pk}/receipts.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as packed:
        assert packed.namelist() == [
            "01-2026-10-12-hotel.pdf", "02-2026-10-12-train----oulu.jpg",
        ]  # fmt: skip
