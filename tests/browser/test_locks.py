"""Locks and rates in a real browser: locking for people, reminding, unlocking with a reason."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.factories import (
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TimeEntryFactory,
)
from timesheets.models import HoursLock, HoursReminder, Rate, TimeEntry

type SignIn = Callable[[BrowserContext, Membership], None]
OCTOBER = "/acme/hours/locks/?start=2026-10-01&end=2026-10-31"


@pytest.fixture
def work(company: Tenant) -> None:
    with tenant_scope(company.pk):
        project = ProjectFactory(name="Web shop")
        RateFactory(amount=Decimal("100"))
        for name in ("Anna Aalto", "Bo Berg", "Cecilia Cygnaeus"):
            TimeEntryFactory(member=MembershipFactory(name=name), project=project, minutes=90)


@pytest.fixture
def locks(page: Page, work: None, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    page.goto(OCTOBER, timeout=30_000)  # the first page a server answers loads all it needs
    page.wait_for_load_state("networkidle")
    return page


def test_locking_for_people_by_keyboard_and_unlocking_with_a_reason(
    locks: Page, company: Tenant, complaints: Complaints
) -> None:
    expect(locks.get_by_text("3 of 3")).to_be_visible()
    for key in ("j", "x", "j", "x"):
        locks.keyboard.press(key)
    expect(locks.locator("[data-bulk-count]")).to_have_text("2")
    locks.keyboard.press("d")
    expect(locks.get_by_text("Lock October 2026 for the selected people?")).to_be_visible()
    locks.keyboard.press("Enter")
    expect(locks.get_by_text("October 2026 is locked for 2 people.")).to_be_visible()
    expect(locks.get_by_text("1 of 3")).to_be_visible()
    with tenant_scope(company.pk):
        locked = HoursLock.objects.order_by("member__name").values_list("member__name", flat=True)
        assert list(locked) == ["Anna Aalto", "Bo Berg"]

    locks.get_by_role("link", name="Anna Aalto", exact=True).click()
    locks.get_by_role("link", name="Unlock").click()
    dialog = locks.locator("#dialog")
    dialog.get_by_role("button", name="Unlock").click()
    expect(dialog.get_by_text("Say in a few words why")).to_be_visible()
    complaints.expect("422")
    dialog.get_by_label("Reason").fill("A travel day was forgotten")
    dialog.get_by_role("button", name="Unlock").click()
    expect(locks.get_by_text("October 2026 of Anna Aalto is unlocked.")).to_be_visible()
    expect(locks.get_by_text("A travel day was forgotten")).to_be_visible()
    expect(locks.get_by_text("Nothing is locked")).to_be_visible()
    with tenant_scope(company.pk):
        assert AuditEntry.objects.get(action="hours.unlocked").actor_name == "Aino Owner"
        assert TimeEntry.objects.filter(is_locked=True).count() == 1


def test_reminding_and_being_asked_before_doing_it_again(locks: Page, company: Tenant) -> None:
    locks.get_by_label("Anna Aalto", exact=True).check()
    locks.get_by_role("button", name="Remind").click()
    expect(locks.get_by_text("A reminder is on its way to Anna Aalto.")).to_be_visible()
    # The message comes a moment before the new list, in which nobody is ticked.
    expect(locks.get_by_label("Anna Aalto", exact=True)).not_to_be_checked()
    locks.wait_for_load_state("networkidle")

    locks.get_by_label("Tick all people").check()
    locks.get_by_label("Aino Owner", exact=True).uncheck()
    locks.get_by_role("button", name="Remind").click()
    dialog = locks.locator("#dialog")
    expect(dialog.get_by_text("One of them had a reminder within the last day:")).to_be_visible()
    dialog.get_by_role("button", name="Only the 2 others").click()
    expect(locks.get_by_text("Reminders are on their way to 2 people.")).to_be_visible()
    expect(dialog).to_be_hidden()
    with tenant_scope(company.pk):
        assert HoursReminder.objects.count() == 3


def test_a_new_rate_and_the_difference_it_makes(
    locks: Page, company: Tenant, complaints: Complaints
) -> None:
    locks.goto("/acme/rates/")
    locks.wait_for_load_state("networkidle")
    locks.keyboard.press("n")
    dialog = locks.locator("#dialog")
    dialog.get_by_label("Rate of").select_option("tenant")
    expect(dialog.get_by_label("Project")).to_be_hidden()
    dialog.get_by_label("Rate per hour").fill("110,50")
    dialog.get_by_label("Valid from").fill("2026-10-01")
    dialog.get_by_label("Valid from").press("Enter")
    expect(dialog.get_by_text("Let it end the day before")).to_be_visible()
    complaints.expect("422")
    dialog.get_by_label("Let the present rate end the day before").check()
    dialog.get_by_role("button", name="Save rate").click()
    expect(locks.get_by_text("The rate of €110.50 is added.")).to_be_visible()
    with tenant_scope(company.pk):
        ends = dict(Rate.objects.values_list("amount", "end_date"))
        assert ends == {Decimal("100"): date(2026, 9, 30), Decimal("110.50"): None}

    locks.goto("/acme/rates/recalculate/?start=2026-10-01&end=2026-10-31")
    expect(locks.get_by_text("+€47.25")).to_be_visible()
    locks.get_by_role("button", name="Apply the difference").click()
    locks.locator("#confirm").get_by_role("button", name="Apply").click()
    expect(locks.get_by_text("3 entries have their new rates.")).to_be_visible()
    locks.get_by_role("button", name="Undo").click()
    expect(locks.get_by_text("3 entries have their old rates again.")).to_be_visible()
    with tenant_scope(company.pk):
        assert set(TimeEntry.objects.values_list("rate", flat=True)) == {Decimal("100")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [OCTOBER, "/acme/rates/", "/acme/rates/recalculate/?start=2026-10-01&end=2026-10-31"],
)
def test_nothing_for_axe_to_complain_about(
    locks: Page, company: Tenant, path: str, scheme: str
) -> None:
    with tenant_scope(company.pk):
        Rate.objects.update(amount=Decimal("120"))
    locks.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    locks.goto(path)
    locks.wait_for_load_state("networkidle")
    found = Axe().run(locks).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


@pytest.mark.parametrize("path", [OCTOBER, "/acme/rates/"])
def test_a_telephone_is_wide_enough(locks: Page, path: str) -> None:
    locks.set_viewport_size({"width": 390, "height": 844})
    locks.goto(path)
    locks.wait_for_load_state("networkidle")
    assert locks.evaluate("document.documentElement.scrollWidth") == 390
