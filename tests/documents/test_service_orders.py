"""The report of a service order on paper."""

import base64
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from catalog.models import Unit
from invoicing.documents.service_orders import order_pdf, printed_order
from tenants.models import Membership, Tenant
from tests.documents.making import pages
from tests.factories import CustomerFactory, ProjectFactory, RateFactory
from timesheets.domain.orders import evidence, planning, working
from timesheets.models import ServiceOrder

NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


def _png() -> bytes:
    image = Image.new("RGB", (600, 300), "white")
    ImageDraw.Draw(image).line([(20, 200), (300, 80), (560, 220)], fill="black", width=5)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def order(tenant: Tenant, member: Membership, accountant: Membership) -> ServiceOrder:
    RateFactory()
    customer = CustomerFactory(name="Käufer GmbH", language="de", country="DE")
    project = ProjectFactory(customer=customer, name="Wartung", order_reference="4711")
    order = planning.create_order(
        actor=accountant,
        customer=customer,
        project=project,
        title="Pumpe laut",
        technician=member,
        planned_start_at=NOON,
        site_address="Hafen 1\nKiel",
    )
    working.start_order(order.pk, actor=member, now=NOON)
    for minutes in (75, 20):
        working.record_hours(order.pk, actor=member, member=member, work_date=DAY, minutes=minutes)
    working.record_part(
        order.pk,
        actor=member,
        text="Dichtung",
        quantity=Decimal("2"),
        unit=Unit.PIECE,
        unit_price=Decimal("2.40"),
        charge_date=DAY,
    )
    working.write_report(order.pk, text="Lager <getauscht>.", actor=member)
    file = SimpleUploadedFile("a.png", _png(), content_type="image/png")
    evidence.add_photo(order.pk, upload=file, caption="Altes Lager", actor=member)
    drawn = "data:image/png;base64," + base64.b64encode(_png()).decode()
    evidence.sign(order.pk, name="Frau Witt", drawn=drawn, actor=member, now=NOON)
    return working.finish_order(order.pk, actor=member, now=NOON)


def test_it_says_what_was_done_in_the_customers_language(order: ServiceOrder) -> None:
    pictures: dict[str, bytes] = {}

    doc = printed_order(order, pictures)

    assert doc.heading == "Servicebericht SO-0001"
    assert doc.facts == (
        ("Auftrag", "SO-0001"),
        ("Projekt", "Wartung"),
        ("Ihre Bestellung", "4711"),
        ("Einsatzort", "Hafen 1, Kiel"),
        ("Techniker", "Member"),
        ("Erledigt", "20.11.2026"),
    )
    assert [(one.text, one.hours) for one in doc.hours] == [
        ("Pumpe laut", "1:15"),
        ("Pumpe laut", "0:20"),
    ]
    assert doc.total == "1:35"
    assert [(one.text, one.quantity) for one in doc.parts] == [("Dichtung", "2 Stk.")]
    assert doc.signed == "Unterschrieben von Frau Witt, 20.11.2026"
    assert len(pictures) == 2


def test_the_pdf_has_the_words_and_both_pictures_and_no_prices(order: ServiceOrder) -> None:
    content = order_pdf(order)

    words = " ".join(pages(content))
    for expected in ("Servicebericht", "Lager <getauscht>.", "Altes Lager", "Frau Witt", "1:35"):
        assert expected in words
    assert "2,40" not in words
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len({name for page in pdf.pages for name in page.get_images()}) == 2
    assert order_pdf(ServiceOrder.objects.get(pk=order.pk)) == content
