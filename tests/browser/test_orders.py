"""A technician's way through a service order, on a telephone."""

import io
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Project
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, ProjectFactory, RateFactory, UserFactory
from timesheets.domain.orders import planning
from timesheets.models import Charge, ServiceOrder, ServiceOrderPhoto, TimeEntry

SignIn = Callable[[BrowserContext, Membership], None]
TITLE = "Heat pump makes a noise"


@pytest.fixture
def technician(company: Tenant, owner_of: Membership) -> Membership:
    with tenant_scope(company.pk):
        RateFactory()
        user = UserFactory(email="tech@example.com", name="Timo Tech")
        technician: Membership = MembershipFactory(user=user, role=Role.MEMBER)
        project: Project = ProjectFactory(customer__name="Ostaja Oy", name="Service")
        planning.create_order(
            actor=owner_of,
            customer=project.customer,
            project=project,
            title=TITLE,
            contact_name="Anna Ostaja",
            technician=technician,
            planned_start_at=timezone.now(),
        )
    return technician


@pytest.fixture
def telephone(page: Page, technician: Membership, signed_in_as: SignIn) -> Iterator[Page]:
    signed_in_as(page.context, technician)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/acme/orders/mine/")
    yield page
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide


def test_from_my_orders_to_done(telephone: Page, company: Tenant) -> None:
    page = telephone
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Start the clock").click()
    expect(page.get_by_role("timer")).to_contain_text("0:00:0")
    page.get_by_role("button", name="Stop and save hours").click()

    page.get_by_text("Type hours").click()
    page.get_by_label("Hours", exact=False).and_(page.locator("#id_hours-minutes")).fill("1:30")
    page.get_by_role("button", name="Save hours").click()
    expect(page.locator("#hours .order-sum")).to_have_text("1:31")

    page.get_by_text("Add a part").click()
    page.locator("#id_part-text").fill("Pump")
    page.get_by_role("button", name="Save part").click()
    expect(page.locator("#parts")).to_contain_text("no price yet")

    page.get_by_label("What was done").and_(page.locator("#id_report")).fill("Replaced the pump.")
    page.get_by_role("button", name="Save report").click()

    content = io.BytesIO()
    Image.new("RGB", (800, 600), "navy").save(content, "JPEG")
    page.locator("#id_picture-photo").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}
    )
    page.get_by_role("button", name="Save photo").click()
    expect(page.locator("#photos img")).to_have_count(1)

    sheet = page.locator("[data-signature-canvas]")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 40, steps=5)
    page.mouse.move(box["x"] + 280, box["y"] + 110, steps=5)
    page.mouse.up()
    # The contact's name stands there already.
    expect(page.locator("#id_sign-signed_by")).to_have_value("Anna Ostaja")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_alt_text("Signature of Anna Ostaja")).to_be_visible()

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()

    with tenant_scope(company.pk):
        order = ServiceOrder.objects.get()
        assert (order.status, order.report) == ("done", "Replaced the pump.")
        assert sorted(TimeEntry.objects.values_list("minutes", flat=True)) == [1, 90]
        assert Charge.objects.get().service_order_id == order.pk
        assert ServiceOrderPhoto.objects.get().width == 800
        with order.signature.open("rb") as drawn:
            signature = Image.open(drawn)
            dark, light = cast("tuple[int, int]", signature.getextrema())
    assert dark < 60
    assert light == 255


def test_a_typed_name_signs_without_a_drawing(telephone: Page, company: Tenant) -> None:
    page = telephone
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("#id_report").fill("Looked at it.")
    page.get_by_role("button", name="Save report").click()

    page.locator("#id_sign-signed_by").fill("Neighbour")
    page.locator("#id_sign-signed_by").press("Enter")

    expect(page.locator("#sign")).to_contain_text("Signed by Neighbour")
    with tenant_scope(company.pk):
        assert ServiceOrder.objects.get().signature.name == ""
