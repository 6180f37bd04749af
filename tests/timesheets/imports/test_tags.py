"""Tags that come with the files of other programs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import MembershipFactory, ProjectFactory, TagFactory
from tests.timesheets.imports.files import CLOCKIFY, KIMAI, TOGGL, problems_of, rows_of
from tests.timesheets.imports.importing import ALL, do_import, plan_of
from timesheets.domain.tags.wearing import names_on
from timesheets.models import BillingState, EntryTag, Tag, TimeEntry

pytestmark = pytest.mark.usefixtures("tenant")
SignIn = Callable[[Membership], Client]
HEAD = "Date,Email,Customer,Project,Duration,Tags"


@pytest.fixture(autouse=True)
def known(tenant: Tenant) -> None:
    MembershipFactory(user=None, name="Anna Virtanen", email="anna@acme.example")
    ProjectFactory(name="Web", customer__name="Kuusi Oy")


def file_of(*tags: str) -> str:
    rows = [
        f'2026-09-{day:02},anna@acme.example,Kuusi Oy,Web,1:00,"{cell}"'
        for day, cell in enumerate(tags, start=1)
    ]
    return "\n".join([HEAD, *rows, ""])


def worn() -> list[list[str]]:
    ids = list(TimeEntry.objects.order_by("work_date").values_list("pk", flat=True))
    names = names_on(ids)
    return [list(names.get(pk, [])) for pk in ids]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (f"{TOGGL},Tags\nA,a@x.fi,C,P,,,Yes,2026-09-15,,,,01:00:00,\"late, On call\"", 2),
        (f"{CLOCKIFY}\nP,C,,,A,,a@x.fi,\"late, On call\",Yes,2026-09-15,,,,01:00:00,1.00", 2),
        (f"{KIMAI},Tags\n2026-09-15,,,1:00,A,a,a@x.fi,C,P,T,,,1,\"late,On call\"", 2),
        ("Datum,Von,Bis,Dauer,Name,Kunde,Projekt,Tätigkeit,Schlagworte\n"
         "2026-09-15,,,1:00,A,C,P,T,\"late,On call\"", 2),
    ],
)  # fmt: skip
def test_each_program_tells_its_tags(file: str, expected: int) -> None:
    [row] = rows_of(file)
    assert row.tags == ("late", "On call")
    assert len(row.tags) == expected


def test_a_tag_is_told_once_whatever_its_capitals_and_spaces() -> None:
    [row] = rows_of(file_of(" On  call ,, on call,ON CALL,late"))
    assert row.tags == ("On call", "late")


def test_too_long_and_too_many_are_bad_rows() -> None:
    [long] = problems_of(file_of("x" * 81))
    assert (long.column, long.reason) == ("Tags", "This name has 81 letters; at most 80 fit.")
    [many] = problems_of(file_of(",".join(str(number) for number in range(31))))
    assert many.reason == "These are 31 tags; an entry has at most 30."


def test_missing_tags_are_counted_first_and_made(accountant: Membership) -> None:
    late = TagFactory(name="Late")
    file = file_of("late", "late, Warranty", "warranty", "")

    plan = plan_of(file)
    assert [(n.kind, n.name, share.rows) for n, share in plan.new_names.items()] == [
        ("tag", "Warranty", 2)
    ]
    written = do_import(file, create=ALL, actor=accountant)

    assert worn() == [["Late"], ["Late", "Warranty"], ["Warranty"], []]
    assert written.created == {"tag": ["Warranty"]}
    assert AuditEntry.objects.get(action="tag.created").object_label == "Warranty"
    assert EntryTag.objects.filter(tag=late).count() == 2


def test_hours_come_without_tags_that_nobody_wants() -> None:
    written = do_import(file_of("late", "late, Warranty"), create=["tag:late"])
    assert worn() == [["late"], ["late"]]
    assert (written.entries, written.tags_left_off) == (2, ["Warranty"])


def test_merged_and_archived_tags_are_known_again() -> None:
    good = TagFactory(name="Development")
    TagFactory(name="dev", is_active=False, merged_into=good)
    TagFactory(name="Old", is_active=False)
    do_import(file_of("dev, Development, old"), create=())
    assert worn() == [["Development", "Old"]]
    assert Tag.objects.count() == 3


def test_other_tags_make_no_new_row() -> None:
    do_import(file_of("late"), create=ALL)
    written = do_import(file_of("late, Warranty"), create=ALL)
    assert (written.entries, written.known) == (0, 1)
    assert worn() == [["late"]]


def test_hours_billed_elsewhere_have_their_tags_and_are_taken_back_with_them(
    accountant: Membership, signed_in: SignIn
) -> None:
    file = f"{KIMAI},Tags\n2026-09-15,,,1:00,,,anna@acme.example,Kuusi Oy,Web,,,1,1,late"
    client = signed_in(accountant)
    upload = {"file": _named("kimai.csv", file)}
    page = client.post("/acme/hours/import/", upload, follow=True)
    text = page.content.decode()
    # Ticked from the beginning.
    assert 'value="tag:late" checked' in " ".join(text.split())
    address = page.redirect_chain[-1][0]
    done = client.post(f"{address}start/", {"create": ["tag:late"]}, follow=True)
    assert "Created on the way" in done.content.decode()
    assert worn() == [["late"]]
    assert TimeEntry.objects.get().billing_state == BillingState.BILLED
    client.post(f"{address}take-back/")
    assert (TimeEntry.objects.count(), EntryTag.objects.count(), Tag.objects.count()) == (0, 0, 1)


def _named(name: str, text: str) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, text.encode())
