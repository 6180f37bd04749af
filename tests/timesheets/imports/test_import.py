"""The whole way: a file comes in, entries are there, or nothing is."""

from datetime import date, time
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from customers.models import Customer, CustomField, Project
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
    TimeEntryFactory,
)
from tests.timesheets.imports.files import PLAIN, SAMPLES, TODAY, TOGGL
from tests.timesheets.imports.importing import ALL, do_import, plan_of
from timesheets.imports.errors import DateOrderUndecided, HeaderUnknown, RowsRefused
from timesheets.imports.names import DefaultProject
from timesheets.imports.options import ImportOptions, RatesFrom
from timesheets.imports.values import DateOrder
from timesheets.imports.writing import import_time
from timesheets.models import BillingState, RateLevel, Task, TimeEntry, TimeImport

pytestmark = pytest.mark.usefixtures("tenant")


def refusals(file: str | Path, **arguments: Any) -> list[tuple[int, str, str, str]]:
    """Line, column, value and reason of each refused row; nothing may have been written."""
    before = TimeEntry.objects.count()
    with pytest.raises(RowsRefused) as refused:
        do_import(file, **arguments)
    assert TimeEntry.objects.count() == before
    problems = refused.value.params["problems"]
    return [(one.line, one.column, one.value, one.reason) for one in problems]


@pytest.fixture
def anna(tenant: Tenant) -> Membership:
    member: Membership = MembershipFactory(
        user=None, name="Anna Virtanen", email="anna@acme.example"
    )
    return member


@pytest.fixture
def web(tenant: Tenant) -> Project:
    project: Project = ProjectFactory(name="Web", customer__name="Kuusi Oy")
    return project


def plain(*rows: str) -> str:
    """`date;duration;description` and what differs from Anna's work on Kuusi's web site."""
    lines = []
    for row in rows:
        cells = dict.fromkeys(PLAIN.split(","), "")
        cells |= {"Email": "anna@acme.example", "Customer": "Kuusi Oy", "Project": "Web"}
        cells |= dict(pair.split("=", 1) for pair in row.split(";"))
        lines.append(",".join(f'"{cell}"' for cell in cells.values()))
    return "\n".join([PLAIN, *lines, ""])


@pytest.mark.usefixtures("anna", "web")
def test_a_row_becomes_an_entry(anna: Membership, web: Project, accountant: Membership) -> None:
    task = TaskFactory(name="Design")
    RateFactory(amount=Decimal("90"))
    RateFactory(project=web, amount=Decimal("110"))

    written = do_import(
        plain("Date=2026-09-15;Start=22:30;End=00:45;Task=design;Description=Logo;Billable=yes"),
        actor=accountant,
    )

    entry = TimeEntry.objects.get()
    assert (entry.member, entry.project, entry.task) == (anna, web, task)
    assert (entry.work_date, entry.minutes) == (date(2026, 9, 15), 135)
    assert (entry.start_time, entry.end_time) == (time(22, 30), time(0, 45))
    assert (entry.description, entry.is_billable) == ("Logo", True)
    assert (entry.rate, entry.rate_level) == (Decimal("110"), RateLevel.PROJECT)
    assert (entry.billing_state, entry.created_by) == (BillingState.OPEN, accountant.user)
    assert (written.entries, written.minutes, written.without_rate) == (1, 135, 0)


@pytest.mark.usefixtures("anna", "web")
def test_an_import_is_logged_with_what_it_did(accountant: Membership) -> None:
    do_import(plain("Date=2026-09-15;Duration=1:30"), actor=accountant)

    logged = AuditEntry.objects.get(action="hours.imported")
    assert (logged.actor, logged.object_label) == (accountant.user, "hours.csv")
    assert logged.detail["entries"] == 1
    assert logged.detail["minutes"] == 90


# --- what is not known ---


def test_unknown_names_are_listed_and_nothing_is_written() -> None:
    plan = plan_of(SAMPLES / "toggl-detailed.csv", default_project=DefaultProject("Own", "Office"))

    assert sorted((name.kind, name.name) for name in plan.new_names) == [
        ("customer", "Kuusiston Puutarha Oy"),
        ("customer", "Nordwind Logistics AB"),
        ("customer", "Own"),
        ("customer", "Pohjanlahden Kalatukku Oy"),
        ("customer", "Tammelan Hammaslääkärit Oy"),
        ("person", "Aino Lehtonen"),
        ("person", "Camille Durand"),
        ("person", "Mikko Saarinen"),
        ("person", "Örjan Åkerblom"),
        ("project", "Ajanvaraus"),
        ("project", "Driver app"),
        ("project", "Office"),
        ("project", "Tilausjärjestelmä"),
        ("project", "Verkkokauppa"),
        ("project", "Ylläpito"),
        ("tag", "yö"),
        ("task", "Development"),
        ("task", "Kehitys"),
        ("task", "Kehitys"),
        ("task", "Palaveri"),
        ("task", "Suunnittelu"),
        ("task", "Tuki"),
    ]
    assert (Customer.objects.count(), TimeEntry.objects.count()) == (0, 0)


@pytest.mark.usefixtures("web")
def test_without_leave_to_create_each_row_says_what_is_unknown() -> None:
    assert refusals(
        plain("Date=2026-09-15;Duration=1", "Date=2026-09-16;Duration=1;Task=Design")
    ) == [
        (2, "Person", "anna@acme.example", "Nothing of this name is known here."),
        (3, "Task", "Design", "Nothing of this name is known here."),
        (3, "Person", "anna@acme.example", "Nothing of this name is known here."),
    ]


def test_with_leave_everything_is_created(accountant: Membership) -> None:
    CustomerFactory(number="0041")
    written = do_import(
        SAMPLES / "toggl-detailed.csv",
        create=ALL,
        actor=accountant,
        default_project=DefaultProject("Own", "Office"),
    )

    assert (written.entries, written.minutes) == (37, 4167)
    assert {kind: len(names) for kind, names in written.created.items()} == {
        "customer": 5, "project": 6, "task": 6, "person": 4, "tag": 1,
    }  # fmt: skip
    puutarha = Customer.objects.get(name="Kuusiston Puutarha Oy")
    assert (puutarha.number, puutarha.currency, puutarha.country) == ("0042", "EUR", "FI")
    aino = Membership.objects.get(name="Aino Lehtonen")
    assert (aino.email, aino.user, aino.role) == (
        "aino.lehtonen@havupuu.example",
        None,
        Role.MEMBER,
    )
    # Toggl's tasks belong to their project, so the same name is made for each.
    assert Task.objects.filter(name="Kehitys", project__isnull=False).count() == 2
    assert AuditEntry.objects.filter(action="customer.created", actor=accountant.user).count() == 5
    stray = TimeEntry.objects.get(project__name="Office")
    assert (stray.member.name, stray.start_time, stray.minutes) == ("Camille Durand", time(16), 20)


def test_only_what_was_ticked_is_created() -> None:
    plan = plan_of(SAMPLES / "kimai-english.csv")
    everything = {name.key for name in plan.new_names}
    without_one = everything - {"customer:stadtwerke rosenau"}

    written = do_import(SAMPLES / "kimai-english.csv", create=without_one, skip_bad=True)

    assert not Customer.objects.filter(name="Stadtwerke Rosenau").exists()
    assert not Project.objects.filter(name="Zählerwechsel 2026").exists()
    left_out = {problem.value for problem in written.problems}
    assert left_out == {"Stadtwerke Rosenau", "Zählerwechsel 2026"}
    assert written.entries + written.left_out == 33


def test_tasks_of_kimai_are_for_every_project() -> None:
    do_import(SAMPLES / "kimai-english.csv", create=ALL)
    assert not Task.objects.filter(project__isnull=False).exists()
    assert Task.objects.filter(name="Wartung").count() == 1


def test_a_new_customer_has_the_currency_of_its_rows() -> None:
    do_import(SAMPLES / "clockify-month-first-am-pm.csv", create=ALL)
    assert {customer.currency for customer in Customer.objects.all()} == {"USD"}


# --- who and what is meant ---


@pytest.mark.parametrize(
    "cells",
    [
        "Email=anna@acme.example",
        "Email=ANNA@acme.example",
        "Email=anna@acme.example;Person=Somebody Else",
        "Email=;Person=Anna Virtanen",
        "Email=;Person=anna  virtanen",
        "Email=private@home.example;Person=Anna Virtanen",
    ],
)
def test_a_person_is_found_by_e_mail_then_by_name(
    anna: Membership, web: Project, cells: str
) -> None:
    do_import(plain(f"Date=2026-09-15;Duration=1;{cells}"))
    assert TimeEntry.objects.get().member == anna


def test_the_address_somebody_signs_in_with_counts_too(web: Project) -> None:
    member = MembershipFactory(name="Anna V.", email="", user__email="anna@acme.example")
    do_import(plain("Date=2026-09-15;Duration=1"))
    assert TimeEntry.objects.get().member == member


def test_two_people_of_one_name_are_not_guessed_between(anna: Membership, web: Project) -> None:
    MembershipFactory(user=None, name="Anna Virtanen", email="")
    assert refusals(plain("Date=2026-09-15;Duration=1;Email=;Person=Anna Virtanen")) == [
        (2, "Person", "Anna Virtanen",
         "2 people have this name. Add their e-mail address to the file."),
    ]  # fmt: skip


def test_a_staff_number_tells_two_of_one_name_apart(web: Project) -> None:
    MembershipFactory(user=None, name="Jürgen Weiß", email="", staff_number="1001")
    second = MembershipFactory(user=None, name="Jürgen Weiß", email="", staff_number="1007")
    do_import(
        SAMPLES / "harvest-comma.csv", create=ALL, default_project=DefaultProject("Own", "Office")
    )
    assert TimeEntry.objects.filter(member=second).count() == 9


def test_members_of_other_tenants_are_nobody_here(other_tenant: Tenant, web: Project) -> None:
    Membership.objects.create(tenant=other_tenant, name="Anna", email="anna@acme.example")
    assert [problem[1] for problem in refusals(plain("Date=2026-09-15;Duration=1"))] == ["Person"]


@pytest.mark.usefixtures("anna")
def test_customers_of_one_name_are_not_guessed_between(web: Project) -> None:
    CustomerFactory(name="KUUSI OY")
    do_import(plain("Date=2026-09-15;Duration=1"))  # the exact spelling is one of them
    CustomerFactory(name="Kuusi Oy")
    assert refusals(plain("Date=2026-09-16;Duration=1")) == [
        (2, "Customer", "Kuusi Oy",
         "2 customers have this name. Rename one of them, or the one here."),
    ]  # fmt: skip


@pytest.mark.usefixtures("anna")
def test_a_project_without_customer_is_found_when_there_is_one_of_its_name(web: Project) -> None:
    do_import(plain("Date=2026-09-15;Duration=1;Customer="))
    assert TimeEntry.objects.get().project == web


@pytest.mark.usefixtures("anna", "web")
@pytest.mark.parametrize(
    ("cells", "refusal"),
    [
        (
            "Customer=;Project=",
            ("Project", "The row names neither customer nor project. Say where such work goes."),
        ),
        (
            "Project=",
            ("Project", "The row names a customer but no project. Say where such work goes."),
        ),
        (
            "Customer=;Project=Unheard of",
            ("Customer", "The row names a project but no customer. Say where such work goes."),
        ),
    ],
)
def test_work_without_a_place_is_reported(cells: str, refusal: tuple[str, str]) -> None:
    ((line, column, _value, reason),) = refusals(plain(f"Date=2026-09-15;Duration=1;{cells}"))
    assert (line, column, reason) == (2, *refusal)


@pytest.mark.usefixtures("anna", "web")
@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ("Customer=;Project=", ("Own", "Office")),
        ("Project=", ("Kuusi Oy", "Office")),
        ("Customer=;Project=Unheard of", ("Own", "Unheard of")),
        ("", ("Kuusi Oy", "Web")),
    ],
)
def test_the_default_project_fills_in_what_is_missing(cells: str, place: tuple[str, str]) -> None:
    row = ";".join(filter(None, ["Date=2026-09-15;Duration=1", cells]))
    do_import(plain(row), create=ALL, default_project=DefaultProject("Own", "Office"))
    project = TimeEntry.objects.get().project
    assert (project.customer.name, project.name) == place


@pytest.mark.parametrize("text", ["", "Own", "Own/", "/Office", " / "])
def test_a_default_project_names_both(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is the whole message
        DefaultProject.parse(text)


@pytest.mark.usefixtures("anna")
def test_a_task_of_the_project_goes_before_one_of_all(web: Project) -> None:
    TaskFactory(name="Design")
    own = TaskFactory(name="Design", project=web)
    do_import(plain("Date=2026-09-15;Duration=1;Task=Design"))
    assert TimeEntry.objects.get().task == own


@pytest.mark.usefixtures("anna")
def test_billable_is_what_project_and_task_say_unless_the_file_does(web: Project) -> None:
    TaskFactory(name="Travel", is_billable=False)
    do_import(
        plain(
            "Date=2026-09-15;Duration=1;Task=Travel;Description=a",
            "Date=2026-09-15;Duration=1;Task=Travel;Description=b;Billable=yes",
            "Date=2026-09-15;Duration=1;Description=c",
            "Date=2026-09-15;Duration=1;Description=d;Billable=no",
        )
    )
    billable = TimeEntry.objects.order_by("description").values_list("is_billable", flat=True)
    assert list(billable) == [False, True, True, False]


# --- rates ---


@pytest.mark.usefixtures("anna", "web")
def test_a_missing_rate_is_counted_and_does_not_stop_anything() -> None:
    written = do_import(
        plain("Date=2026-09-15;Duration=1", "Date=2026-09-16;Duration=1;Billable=no")
    )
    assert (written.entries, written.without_rate) == (2, 1)


def test_new_projects_have_the_rates_of_customer_person_and_company(anna: Membership) -> None:
    RateFactory(amount=Decimal("80"))
    RateFactory(member=anna, amount=Decimal("95"))
    do_import(
        plain("Date=2026-09-15;Duration=1", "Date=2026-09-15;Duration=1;Email=new@acme.example"),
        create=ALL,
    )
    rates = TimeEntry.objects.order_by("rate").values_list("rate", "rate_level")
    assert list(rates) == [(Decimal("80"), "tenant"), (Decimal("95"), "member")]


@pytest.mark.usefixtures("anna", "web")
def test_the_rates_of_the_file_are_kept_as_set_by_hand() -> None:
    RateFactory(amount=Decimal("80"))
    text = plain(
        "Date=2026-09-15;Duration=1", "Date=2026-09-16;Duration=1", "Date=2026-09-17;Duration=1"
    )
    priced = "".join(
        f"{line},{rate}\n"
        for line, rate in zip(text.splitlines(), ["Rate", "99.50", "", "0"], strict=True)
    )
    do_import(priced, rates=RatesFrom.FILE)
    rates = TimeEntry.objects.order_by("work_date").values_list("rate", "rate_level")
    # Exports write nought where there is no price.
    assert list(rates) == [
        (Decimal("99.5"), "manual"),
        (Decimal("80"), "tenant"),
        (Decimal("80"), "tenant"),
    ]


@pytest.mark.usefixtures("anna", "web")
def test_a_rate_in_another_currency_than_the_customers_is_refused() -> None:
    text = plain("Date=2026-09-15;Duration=1").splitlines()
    priced = f"{text[0]},Rate,Currency\n{text[1]},99.5,USD\n"
    assert refusals(priced, rates=RatesFrom.FILE) == [
        (2, "Rate", "99.5 USD",
         "Kuusi Oy is billed in EUR; the rate is in another currency."),
    ]  # fmt: skip
    do_import(priced)  # by our own rates the currency of the file does not matter


# --- billed elsewhere ---


def test_what_was_billed_elsewhere_is_not_open() -> None:
    written = do_import(
        SAMPLES / "harvest-comma.csv", create=ALL, default_project=DefaultProject("Own", "Office")
    )
    elsewhere = TimeEntry.objects.filter(billing_state=BillingState.BILLED)
    assert (written.billed_elsewhere, elsewhere.count()) == (9, 9)
    assert {entry.billing_note for entry in elsewhere} == {"Billed elsewhere: Harvest"}
    assert TimeEntry.objects.filter(is_billable=True, billing_state=BillingState.OPEN).count() == 21


def test_the_plain_format_names_no_program() -> None:
    do_import(SAMPLES / "plain.csv", create=ALL)
    elsewhere = TimeEntry.objects.filter(billing_state=BillingState.BILLED)
    assert {entry.billing_note for entry in elsewhere} == {"Billed elsewhere"}


# --- the same again ---


@pytest.mark.parametrize(
    "name",
    ["toggl-detailed.csv", "clockify-day-first.csv", "harvest-comma.csv", "kimai-english.csv",
     "kimai-german-excel.csv", "plain.csv"],
)  # fmt: skip
def test_the_same_file_again_adds_nothing(name: str) -> None:
    default = DefaultProject("Own", "Office")
    first = do_import(SAMPLES / name, create=ALL, default_project=default)
    again = do_import(SAMPLES / name, create=ALL, default_project=default)
    assert (again.entries, again.known, again.created) == (0, first.entries, {})
    assert TimeEntry.objects.count() == first.entries


@pytest.mark.usefixtures("anna", "web")
def test_equal_rows_are_counted() -> None:
    one = "Date=2026-09-15;Duration=0:15;Description=Stand-up"
    assert do_import(plain(one, one)).entries == 2
    again = do_import(plain(one, one, one))
    assert (again.entries, again.known) == (1, 2)


@pytest.mark.usefixtures("anna")
def test_a_row_is_known_again_after_everything_here_changed(web: Project) -> None:
    """Renamed, moved and corrected: what was imported is not imported again."""
    text = plain("Date=2026-09-15;Duration=1;Task=Design")
    do_import(text, create=ALL)
    Project.objects.update(name="Relaunch")
    Customer.objects.update(name="Koivu Oy")
    Task.objects.update(name="Art")
    Membership.objects.filter(name="Anna Virtanen").update(name="Anna Koski")
    TimeEntry.objects.update(work_date=date(2026, 9, 20), minutes=75, description="Better words")
    again = do_import(text)
    assert (again.entries, again.known, again.left_out) == (0, 1, 0)


@pytest.mark.usefixtures("anna", "web")
def test_what_was_imported_may_be_locked_when_the_file_comes_again(anna: Membership) -> None:
    text = plain("Date=2026-09-15;Duration=1")
    do_import(text)
    HoursLockFactory(member=anna, start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    assert do_import(text).known == 1


@pytest.mark.usefixtures("anna", "web")
def test_spelling_makes_no_new_row() -> None:
    do_import(plain("Date=2026-09-15;Duration=1:00;Description=Logo  draft"))
    again = do_import(plain("Date=15.9.2026;Duration=60m;Description=logo draft;Project=WEB"))
    assert (again.entries, again.known) == (0, 1)


@pytest.mark.usefixtures("anna", "web")
@pytest.mark.parametrize(
    "change",
    [
        "Date=2026-09-16",
        "Duration=1:01",
        "Start=8:00",
        "Description=Logos",
        "Task=Design",
        "Project=App",
        "Email=new@acme.example",
    ],
)
def test_any_other_difference_makes_a_new_row(change: str) -> None:
    row = "Date=2026-09-15;Duration=1:00;Description=Logo"
    do_import(plain(row))
    assert do_import(plain(f"{row};{change}"), create=ALL).entries == 1


# --- bad rows ---


def test_one_bad_row_keeps_the_whole_file_out() -> None:
    found = refusals(SAMPLES / "toggl-faulty.csv", create=ALL)
    assert [problem[0] for problem in found] == [3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert (Customer.objects.count(), TimeImport.objects.filter(state="done").count()) == (0, 0)


def test_the_good_rows_are_written_when_the_bad_are_left_out() -> None:
    written = do_import(SAMPLES / "toggl-faulty.csv", create=ALL, skip_bad=True)
    assert (written.entries, written.left_out, TimeEntry.objects.count()) == (3, 9, 3)
    # What only bad rows name is not created.
    assert not Membership.objects.filter(email="mikko.saarinen").exists()


@pytest.mark.usefixtures("web")
def test_hours_in_a_locked_period_are_refused_by_name_and_period(anna: Membership) -> None:
    HoursLockFactory(member=anna, start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    text = plain(
        "Date=2026-08-31;Duration=1", "Date=2026-09-01;Duration=1",
        "Date=2026-09-30;Duration=1", "Date=2026-10-01;Duration=1",
    )  # fmt: skip
    reason = "The hours of Anna Virtanen from 1 Sep 2026 to 30 Sep 2026 are locked."
    assert refusals(text) == [
        (3, "Date", "2026-09-01", reason),
        (4, "Date", "2026-09-30", reason),
    ]
    assert do_import(text, skip_bad=True).entries == 2


def test_a_lock_of_one_project_leaves_the_others_open(anna: Membership, web: Project) -> None:
    ProjectFactory(name="App", customer=web.customer)
    HoursLockFactory(
        member=anna, project=web, start_date=date(2026, 9, 1), end_date=date(2026, 9, 30)
    )
    text = plain("Date=2026-09-15;Duration=1", "Date=2026-09-15;Duration=1;Project=App")
    assert [problem[0] for problem in refusals(text)] == [2]


@pytest.mark.usefixtures("web")
def test_a_lock_of_somebody_else_does_not_matter(anna: Membership) -> None:
    HoursLockFactory(start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    assert do_import(plain("Date=2026-09-15;Duration=1")).entries == 1


def test_nobody_works_more_than_a_day_in_a_day(anna: Membership, web: Project) -> None:
    TimeEntryFactory(member=anna, project=web, work_date=date(2026, 9, 15), minutes=600)
    text = plain(
        "Date=2026-09-15;Duration=10:00", "Date=2026-09-15;Duration=4:01;Description=late",
        "Date=2026-09-15;Duration=4:00;Description=fits", "Date=2026-09-16;Duration=24:00",
    )  # fmt: skip
    assert refusals(text) == [
        (3, "Duration", "4:01", "With this, anna@acme.example has 24:01 hours on this day."),
    ]  # fmt: skip


@pytest.mark.usefixtures("anna", "web")
def test_a_corrected_reject_that_equals_another_row_is_not_lost() -> None:
    """Two equal rows, one of them with a bad cell: corrected on its own, it is the second."""
    row = "Date=2026-09-15;Duration=0:15;Description=Stand-up"
    text = plain(row, f"{row};Billable=perhaps")
    written = do_import(text, skip_bad=True)
    assert (written.entries, written.left_out) == (1, 1)
    header, _good, bad = text.splitlines()
    corrected = f"{header},Import problem,Import copy\n{bad.replace('perhaps', 'yes')},Billable,2\n"
    assert do_import(corrected).entries == 1


def test_an_undecided_file_is_asked_about_and_then_imported() -> None:
    with pytest.raises(DateOrderUndecided):
        plan_of(SAMPLES / "clockify-undecided.csv")
    do_import(SAMPLES / "clockify-undecided.csv", create=ALL, date_order=DateOrder.DAY_FIRST)
    days = TimeEntry.objects.order_by("work_date").values_list("work_date", flat=True)
    assert (days.first(), days.last()) == (date(2026, 9, 1), date(2026, 9, 11))


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(HeaderUnknown):
        plan_of("Name,Amount\nx,1\n")


# --- tenants and size ---


@pytest.mark.usefixtures("anna", "web")
def test_a_longer_file_asks_no_more_questions(django_assert_max_num_queries: Any) -> None:
    text = plain(
        *(f"Date=2026-09-{1 + n % 30:02d};Duration=0:15;Description=n{n}" for n in range(400))
    )
    with django_assert_max_num_queries(26):
        assert do_import(text).entries == 400


def test_the_file_is_not_kept_once_it_is_imported() -> None:
    time_import = TimeImport.objects.create(file_name="x.csv", content=b"secret")
    import_time(
        BytesIO((SAMPLES / "kimai-english.csv").read_bytes()),
        time_import=time_import,
        options=ImportOptions(),
        create=ALL,
        skip_bad=False,
        today=TODAY,
        actor=None,
    )
    time_import.refresh_from_db()
    assert (time_import.content, time_import.state, time_import.program) == (None, "done", "Kimai")
    assert time_import.result["entries"] == 33


@pytest.mark.usefixtures("anna", "web")
def test_a_toggl_row_that_ends_the_next_day_belongs_to_the_day_it_began() -> None:
    do_import(
        f"{TOGGL}\nAnna Virtanen,,Kuusi Oy,Web,,,Yes,"
        "2026-09-17,22:30:00,2026-09-18,01:15:00,02:45:00\n"
    )
    entry = TimeEntry.objects.get()
    assert (entry.work_date, entry.minutes) == (date(2026, 9, 17), 165)
    assert (entry.start_time, entry.end_time) == (time(22, 30), time(1, 15))


OWN_FIELDS = """Date,Email,Customer,Project,Duration,Ticket,site,When paid,Overtime,Billable
2026-09-15,anna@acme.example,Kuusi Oy,Web shop,1:00,PUMP-77,Head office,15.9.2026,x,yes
2026-09-16,anna@acme.example,Kuusi Oy,Web shop,1:00,,,,,yes
"""


@pytest.fixture
def own_fields(anna: Membership) -> None:
    make = partial(CustomField.objects.create, target="time_entry")
    make(name="ticket_no", label="Ticket", default="none")
    make(name="site", label="Work site", kind="choice", choices=[["hq", "Head office"]])
    make(name="paid_on", label="When paid", kind="date")
    make(name="overtime", label="Overtime", kind="checkbox")
    # What the program knows itself stays with it, and a field that is not in use gets nothing.
    make(name="billable", label="Billable", kind="text")
    make(name="project", label="Old project", kind="text", is_active=False)


@pytest.mark.usefixtures("own_fields")
def test_columns_called_like_own_fields_go_into_them() -> None:
    plan = plan_of(OWN_FIELDS)
    assert [(own.title, own.field.name) for own in plan.own_columns] == [
        ("Ticket", "ticket_no"), ("site", "site"), ("When paid", "paid_on"),
        ("Overtime", "overtime"),
    ]  # fmt: skip

    do_import(OWN_FIELDS, create=ALL)

    first, second = TimeEntry.objects.order_by("work_date")
    assert first.custom_values == {
        "ticket_no": "PUMP-77", "site": "hq", "paid_on": "2026-09-15", "overtime": True,
        "billable": "",
    }  # fmt: skip
    assert second.custom_values == {
        "ticket_no": "none", "site": "", "paid_on": "", "overtime": False, "billable": "",
    }  # fmt: skip
    assert do_import(OWN_FIELDS, create=ALL).known == 2


@pytest.mark.usefixtures("own_fields")
def test_a_value_that_does_not_fit_its_field_is_named_with_its_column() -> None:
    bad = OWN_FIELDS.replace("Head office", "Moon").replace(",x,", ",perhaps,")

    (site, overtime) = refusals(bad, create=ALL)

    assert site[:3] == (2, "site", "Moon")
    assert "Work site" in site[3]
    assert overtime[:3] == (2, "Overtime", "perhaps")
