"""The week grid, by keyboard only: typed, summed up, saved, refused, locked, kept."""

from collections.abc import Callable
from datetime import date, time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.core.test_durations import NOUGHT, REFUSED, UNDERSTOOD
from tests.factories import HoursLockFactory, ProjectFactory, TaskFactory, TimeEntryFactory
from timesheets.models import TimeEntry

SignIn = Callable[[BrowserContext, Membership], None]
WEEK = "/acme/hours/?week=2026-10-05"
REFUSAL = "422 (Unprocessable"


@pytest.fixture
def work(company: Tenant, owner_of: Membership) -> None:
    with tenant_scope(company.pk):
        shop = ProjectFactory(name="Web shop", customer__name="Satama Oy")
        care = ProjectFactory(name="Care", customer__name="Aalto Oy")
        ProjectFactory(name="Mobile application", customer__name="Brahe Oy")
        development = TaskFactory(name="Development")
        for project, minutes in ((shop, 60), (care, 30)):
            TimeEntryFactory(
                member=owner_of,
                project=project,
                task=development,
                minutes=minutes,
                description="Begun",
            )


@pytest.fixture
def week(page: Page, work: None, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    page.goto(WEEK)
    page.wait_for_load_state("networkidle")
    return page


def cell(page: Page, row: str, day: int) -> Locator:
    """The cell itself; rows are in the order of customers."""
    return page.locator(".week-row", has_text=row).locator("[data-cell]").nth(day)


def enter(page: Page, row: str, day: int) -> None:
    cell(page, row, day).focus()


def is_saved(page: Page) -> None:
    expect(page.locator("[data-week-state]")).to_have_text("All saved")
    expect(page.locator(".was-saved")).to_have_count(0)


def entries(company: Tenant) -> list[tuple[str, date, int]]:
    with tenant_scope(company.pk):
        rows = TimeEntry.objects.order_by("work_date", "project__name")
        return list(rows.values_list("project__name", "work_date", "minutes"))


def test_a_week_is_typed_without_the_mouse(week: Page, company: Tenant) -> None:
    enter(week, "Care", 1)
    for text, key in (
        ("1:30", "Tab"), ("1.5", "ArrowRight"), ("1,5", "ArrowRight"), ("90m", "Enter"),
        ("8", "ArrowLeft"), ("0:05", "Shift+Enter"),
    ):  # fmt: skip
        week.keyboard.type(text)
        week.keyboard.press(key)
    is_saved(week)

    care = week.locator(".week-row", has_text="Care")
    assert [c.input_value() for c in care.locator("[data-cell]").all()] == [
        "0:30", "1:30", "1:30", "1:30", "1:30", "", "",
    ]  # fmt: skip
    expect(care.locator("[data-row-sum]")).to_have_text("6:30")
    sums = week.locator("tfoot [data-day-sum]")
    expect(sums).to_have_text(["1:30", "1:30", "1:30", "1:35", "9:30", "–", "–"])
    expect(week.locator("[data-week-sum]")).to_have_text("15:35")
    expect(cell(week, "Care", 3)).to_be_focused()

    week.reload()
    expect(week.locator("[data-week-sum]")).to_have_text("15:35")
    monday = date(2026, 10, 5)
    assert entries(company) == [
        ("Care", monday, 30),
        ("Web shop", monday, 60),
        ("Care", date(2026, 10, 6), 90),
        ("Care", date(2026, 10, 7), 90),
        ("Care", date(2026, 10, 8), 90),
        ("Web shop", date(2026, 10, 8), 5),
        ("Care", date(2026, 10, 9), 90),
        ("Web shop", date(2026, 10, 9), 480),
    ]


def test_sums_follow_while_typing_and_escape_restores(week: Page, company: Tenant) -> None:
    enter(week, "Web shop", 0)
    week.keyboard.type("7:45")
    expect(week.locator("[data-week-sum]")).to_have_text("8:15")
    week.keyboard.press("Escape")
    expect(cell(week, "Web shop", 0)).to_have_value("1:00")
    expect(week.locator("[data-week-sum]")).to_have_text("1:30")
    week.keyboard.press("ArrowDown")
    assert entries(company) == [
        ("Care", date(2026, 10, 5), 30),
        ("Web shop", date(2026, 10, 5), 60),
    ]


def test_a_refused_cell_keeps_what_was_typed(
    week: Page, company: Tenant, complaints: Complaints
) -> None:
    enter(week, "Web shop", 2)
    week.keyboard.type("eight")
    week.keyboard.press("Tab")
    expect(week.locator("[data-week-state]")).to_contain_text("1 not saved: This is no duration.")
    failed = cell(week, "Web shop", 2)
    expect(failed).to_have_value("eight")
    expect(failed).to_have_attribute("aria-invalid", "true")
    week.keyboard.press("Shift+Tab")
    expect(failed.locator("xpath=..").get_by_text("Write it as 1:30 or 1.5.")).to_be_visible()
    complaints.expect(REFUSAL)

    week.keyboard.type("8")
    week.keyboard.press("Enter")
    is_saved(week)
    expect(failed).to_have_value("8:00")

    enter(week, "Care", 2)
    week.keyboard.type("17")
    week.keyboard.press("Control+s")
    sentence = "has 25:00 hours on 2026-10-07, and a day has 24."
    expect(cell(week, "Care", 2).locator("xpath=..").get_by_text(sentence)).to_be_visible()
    complaints.expect(REFUSAL)
    week.keyboard.press("Escape")
    is_saved(week)
    assert ("Web shop", date(2026, 10, 7), 480) in entries(company)
    assert len(entries(company)) == 3


def test_emptying_deletes_and_undo_brings_back_with_its_note(week: Page, company: Tenant) -> None:
    enter(week, "Web shop", 0)
    week.keyboard.press("Delete")
    week.keyboard.press("ArrowRight")
    is_saved(week)
    assert len(entries(company)) == 1
    week.keyboard.press("Control+z")
    is_saved(week)
    with tenant_scope(company.pk):
        back = TimeEntry.objects.get(project__name="Web shop")
        assert (back.minutes, back.description) == (60, "Begun")


def test_a_late_answer_leaves_the_cell_ready_to_be_typed_over(week: Page, company: Tenant) -> None:
    def slowly(route: Route) -> None:
        week.wait_for_timeout(400)
        route.continue_()

    week.route("**/week/cell/", slowly)
    enter(week, "Web shop", 1)
    week.keyboard.type("2")
    week.keyboard.press("ArrowRight")
    week.keyboard.press("ArrowLeft")
    expect(cell(week, "Web shop", 1)).to_have_value("2:00")
    week.keyboard.type("90m")
    week.keyboard.press("Enter")
    is_saved(week)
    assert ("Web shop", date(2026, 10, 6), 90) in entries(company)


def test_a_note_is_written_with_a_key(week: Page, company: Tenant) -> None:
    enter(week, "Web shop", 1)
    week.keyboard.type("2")
    week.keyboard.press("ArrowRight")
    week.keyboard.press("ArrowLeft")
    week.keyboard.press("n")
    expect(week.get_by_label("What was done")).to_be_focused()
    week.keyboard.type("Checkout")
    week.keyboard.press("Control+Enter")
    is_saved(week)
    expect(week.locator("td.has-note")).to_have_count(3)
    expect(cell(week, "Web shop", 1)).to_be_focused()
    with tenant_scope(company.pk):
        assert TimeEntry.objects.get(description="Checkout").minutes == 120
    # Half typed, "n" belongs to "min".
    week.keyboard.type("90min")
    week.keyboard.press("Enter")
    is_saved(week)
    with tenant_scope(company.pk):
        assert TimeEntry.objects.get(description="Checkout").minutes == 90


def test_a_row_is_found_by_typing_and_stays_after_a_reload(week: Page, company: Tenant) -> None:
    enter(week, "Web shop", 1)
    week.keyboard.press("a")
    week.keyboard.type("mobile dev")
    expect(week.locator(".combobox-list [role='option']").first).to_contain_text(
        "Mobile application · Development"
    )
    week.keyboard.press("Enter")
    expect(week.locator(".week-row")).to_have_count(3)
    expect(cell(week, "Mobile", 0)).to_be_focused()
    week.reload()
    expect(week.locator(".week-row")).to_have_count(3)

    enter(week, "Mobile", 0)
    week.keyboard.type("3")
    week.keyboard.press("Enter")
    is_saved(week)
    assert ("Mobile application", date(2026, 10, 5), 180) in entries(company)


def test_an_empty_row_is_removed_and_last_weeks_rows_copied(week: Page) -> None:
    week.keyboard.press("l")
    week.wait_for_url("**week=2026-10-12*")
    expect(week.get_by_text("No hours in this week yet")).to_be_visible()
    week.get_by_role("link", name="Copy the last week's rows").press("Enter")
    expect(week.locator(".week-row")).to_have_count(2)
    week.locator("[data-remove-row]").first.click()
    expect(week.locator(".week-row")).to_have_count(1)
    week.reload()
    expect(week.locator(".week-row")).to_have_count(1)


def test_locked_and_several_are_not_typed_over(
    page: Page, work: None, company: Tenant, owner_of: Membership, signed_in_as: SignIn
) -> None:
    with tenant_scope(company.pk):
        entry = TimeEntry.objects.get(project__name="Web shop")
        TimeEntryFactory(
            member=owner_of,
            project=entry.project,
            task=entry.task,
            work_date=date(2026, 10, 6),
            start_time=time(9),
            end_time=time(10),
            description="With times",
        )
        HoursLockFactory(
            member=owner_of,
            locked_by=owner_of.user,
            start_date=date(2026, 10, 5),
            end_date=date(2026, 10, 5),
        )
    signed_in_as(page.context, owner_of)
    page.goto(WEEK)
    expect(page.get_by_text("2026-10-05 – 2026-10-05 locked by Aino Owner")).to_be_visible()
    enter(page, "Web shop", 0)
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("Aino Owner locked the hours of Aino Owner")
    page.keyboard.press("Escape")

    enter(page, "Web shop", 1)
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("With times")
    page.get_by_role("link", name="Edit").press("Enter")
    expect(page.get_by_label("Start")).to_have_value("09:00")
    page.get_by_label("End").fill("11:30")
    page.get_by_label("Hours", exact=True).fill("2,5")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("[data-week-sum]")).to_have_text("4:00")
    expect(page.locator("#week")).to_have_count(1)


def test_what_cannot_be_sent_waits_for_the_connection(
    week: Page, company: Tenant, complaints: Complaints
) -> None:
    def cut(route: Route) -> None:
        route.abort("internetdisconnected")

    week.route("**/week/cell/", cut)
    enter(week, "Web shop", 1)
    week.keyboard.type("2")
    week.keyboard.press("ArrowRight")
    week.keyboard.type("3")
    week.keyboard.press("ArrowRight")
    expect(week.locator("[data-week-state]")).to_contain_text("No connection.")
    expect(cell(week, "Web shop", 1)).to_have_value("2")
    week.unroute("**/week/cell/")
    week.evaluate("dispatchEvent(new Event('online'))")
    is_saved(week)
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    assert [row[2] for row in entries(company)] == [30, 60, 120, 180]


def test_a_lost_answer_writes_once(week: Page, company: Tenant, complaints: Complaints) -> None:
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request.url)
        route.fetch()
        return route.abort("internetdisconnected")

    week.route("**/week/cell/", lose_the_first)
    enter(week, "Web shop", 1)
    week.keyboard.type("2")
    week.keyboard.press("ArrowRight")
    expect(week.locator("[data-week-state]")).to_contain_text("No connection.")
    week.evaluate("dispatchEvent(new Event('online'))")
    is_saved(week)
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    assert [row[2] for row in entries(company)] == [30, 60, 120]


def test_a_row_is_made_not_billable(week: Page, company: Tenant) -> None:
    week.get_by_role("button", name="Billable: Web shop · Development").click()
    is_saved(week)
    enter(week, "Web shop", 1)
    week.keyboard.type("1")
    week.keyboard.press("Enter")
    is_saved(week)
    with tenant_scope(company.pk):
        kinds = TimeEntry.objects.filter(project__name="Web shop").values_list(
            "is_billable", flat=True
        )
        assert list(kinds) == [False, False]


def test_the_browser_reads_durations_as_the_server_does(week: Page) -> None:
    texts = [text for text, _ in (*UNDERSTOOD, *REFUSED)] + NOUGHT
    read = week.evaluate(
        """async (texts) => {
            const source = document.querySelector("script[src*='week.js']").src;
            const { readMinutes } = await import(source.replace("week.js", "durations.js"));
            return texts.map((text) => readMinutes(text));
        }""",
        texts,
    )
    # An empty cell is nought to the grid and no fault; 25 and 90 are hours too many for a day.
    expected: list[int | None] = [minutes for _, minutes in UNDERSTOOD]
    expected += [0 if text == "" else None for text, _ in REFUSED]
    expected += [0 for _ in NOUGHT]
    assert dict(zip(texts, read, strict=True)) == dict(zip(texts, expected, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe_to_complain_about(week: Page, scheme: str) -> None:
    week.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    enter(week, "Web shop", 0)
    found = Axe().run(week).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    week.goto("/acme/hours/entries/?start=2026-10-01&end=2026-10-31")
    week.wait_for_load_state("networkidle")
    found = Axe().run(week).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def test_a_telephone_shows_one_day_at_a_time(week: Page, company: Tenant) -> None:
    week.set_viewport_size({"width": 390, "height": 844})
    week.reload()
    week.wait_for_load_state("networkidle")
    assert week.evaluate("document.documentElement.scrollWidth") == 390
    expect(week.locator("[data-cell]:visible")).to_have_count(2)
    week.locator("[data-show-day='3']").click()
    week.locator("[data-cell]:visible").last.fill("4,5")
    week.locator("[data-show-day='4']").click()
    is_saved(week)
    expect(week.locator("[data-show-day='3']")).to_contain_text("4:30")
    assert ("Web shop", date(2026, 10, 8), 270) in entries(company)
    week.goto("/acme/hours/entries/?start=2026-10-01&end=2026-10-31")
    assert week.evaluate("document.documentElement.scrollWidth") == 390


def test_deleting_in_the_dialog_can_be_undone(week: Page, company: Tenant) -> None:
    week.goto("/acme/hours/entries/?start=2026-10-01&end=2026-10-31")
    week.keyboard.press("j")
    week.keyboard.press("Enter")
    week.get_by_role("button", name="Delete").press("Enter")
    week.locator("#confirm").get_by_role("button", name="Delete").press("Enter")
    expect(week.get_by_text("1 entry was deleted.")).to_be_visible()
    expect(week.locator("#dialog")).to_be_hidden()
    assert len(entries(company)) == 1
    week.keyboard.press("u")
    expect(week.get_by_text("1 entry is back.")).to_be_visible()
    expect(week.locator(".hours-table tbody tr")).to_have_count(2)
    assert len(entries(company)) == 2


def test_ticked_entries_are_moved_and_the_period_is_followed(week: Page, company: Tenant) -> None:
    week.goto("/acme/hours/entries/?start=2026-10-01&end=2026-10-31")
    week.wait_for_load_state("networkidle")
    week.keyboard.press("j")
    week.keyboard.press("x")
    week.get_by_label("Move to").last.click()
    week.keyboard.type("mobile")
    expect(week.locator(".combobox-list:visible [role='option']").first).to_contain_text(
        "Mobile application"
    )
    week.keyboard.press("Enter")
    week.get_by_role("button", name="Move", exact=True).press("Enter")
    expect(week.get_by_text("1 entry is moved.")).to_be_visible()
    assert any(name == "Mobile application" for name, *_rest in entries(company))

    week.get_by_role("link", name="The period before").click()
    week.wait_for_url("**start=2026-09-01*")
    expect(week.get_by_label("From")).to_have_value("2026-09-01")
