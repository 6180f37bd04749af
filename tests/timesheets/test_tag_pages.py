"""Tags on the pages: the register, the entry's form, the list with its filters, groups and files,
and many hours at once."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tenants.models import AuditEntry, Membership
from tests.asking import asked_by
from tests.factories import (
    HoursLockFactory,
    ProjectFactory,
    TagFactory,
    TimeEntryFactory,
)
from tests.timesheets.foreign import foreign_tag
from timesheets.domain.tags.wearing import names_on
from timesheets.models import BillingState, EntryTag, Tag, TimeEntry

SignIn = Callable[[Membership], Client]
REGISTER = "/acme/tags/"
LIST = "/acme/hours/entries/"
OCTOBER = "start=2026-10-01&end=2026-10-31"
HTMX = {"HX-Request": "true"}


def carrying(*tags: Tag, **more: Any) -> TimeEntry:
    entry = TimeEntryFactory(**more)
    for tag in tags:
        EntryTag.objects.create(time_entry=entry, tag=tag)
    return entry


def worn(entry: TimeEntry) -> list[str]:
    return list(names_on([entry.pk]).get(entry.pk, []))


def shown(page: Any) -> set[int]:
    return {row.entry.pk for row in page.context["rows"]}


def table(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text else ","))


def test_the_register_counts_hours_and_hides_what_is_archived_or_merged(
    manager: Membership, signed_in: SignIn
) -> None:
    late = TagFactory(name="Late")
    carrying(late, work_date=date(2026, 10, 5))
    carrying(late, work_date=date(2026, 10, 6))
    TagFactory(name="Old", is_active=False)
    TagFactory(name="Tardy", is_active=False, merged_into=late)
    client = signed_in(manager)

    def names(query: str = "") -> list[tuple[str, int]]:
        return [(tag.name, tag.entries) for tag in client.get(REGISTER + query).context["page"]]

    assert names() == [("Late", 2)]
    assert names("?state=archived") == [("Old", 0)]
    assert names("?state=merged") == [("Tardy", 0)]
    assert [name for name, _count in names("?state=all&sort=-entries")] == ["Late", "Tardy", "Old"]
    assert names("?q=la") == [("Late", 2)]
    assert table(client, f"{REGISTER}export.csv?state=merged")[1] == [
        "Tardy", "", "0", "", "Merged", "Late",
    ]  # fmt: skip


def test_who_may_manages_tags(
    member: Membership, auditor: Membership, manager: Membership, signed_in: SignIn
) -> None:
    tag = TagFactory(name="Late")
    for person in (member, auditor):
        client = signed_in(person)
        assert client.get(REGISTER).status_code == 403
        assert client.post(f"{REGISTER}{tag.pk}/remove/").status_code == 403
    client = signed_in(manager)
    assert client.post(f"{REGISTER}new/", {"name": "On call", "colour": "red"}).status_code == 302
    assert client.post(f"{REGISTER}{tag.pk}/archive/", headers=HTMX).status_code == 204
    assert client.post(f"{REGISTER}{tag.pk}/reactivate/").status_code == 302
    assert client.post(f"{REGISTER}{tag.pk}/", {"name": "Later"}).status_code == 302
    made = Tag.objects.get(name="On call")
    answer = client.post(f"{REGISTER}{made.pk}/merge/", {"into": tag.pk})
    assert answer.status_code == 302
    tag.refresh_from_db()
    made.refresh_from_db()
    assert (tag.name, tag.is_active, made.merged_into) == ("Later", True, tag)
    assert client.post(f"{REGISTER}{tag.pk}/remove/").status_code == 302
    assert not Tag.objects.exists()


def test_a_refusal_shows_the_form_again(manager: Membership, signed_in: SignIn) -> None:
    used = TagFactory(name="Used")
    carrying(used)
    client = signed_in(manager)
    page = client.post(f"{REGISTER}new/", {"name": "used", "colour": ""})
    assert page.status_code == 422
    assert "There is a tag “Used” already." in page.content.decode()
    assert client.post(f"{REGISTER}new/", {"name": "x", "colour": "mauve"}).status_code == 422
    page = client.post(f"{REGISTER}{used.pk}/remove/")
    assert page.status_code == 422
    assert "so it cannot be deleted" in page.content.decode()
    page = client.post(f"{REGISTER}{used.pk}/merge/", {"into": ""})
    assert (page.status_code, "Choose the tag that stays." in page.content.decode()) == (422, True)
    assert client.get(f"{REGISTER}{foreign_tag('x')}/").status_code == 404


def test_the_search_finds_active_tags_those_that_begin_so_first(
    member: Membership, signed_in: SignIn
) -> None:
    late, relate = TagFactory(name="Late", colour="red"), TagFactory(name="A relation")
    TagFactory(name="Lately", is_active=False)
    client = signed_in(member)

    def found(query: str) -> list[str]:
        return [row["text"] for row in client.get(f"{REGISTER}search/?{query}").json()["results"]]

    assert found("q=la") == ["Late", "A relation"]
    assert found("q=LATE") == ["Late"]
    assert found("q=late&archived=1") == ["Late", "Lately"]
    [first, _second] = client.get(f"{REGISTER}search/?q=la").json()["results"]
    assert first == {"id": str(late.pk), "text": "Late", "colour": "red", "hint": ""}
    assert relate.pk


def entry_form(project: Any, *tags: str) -> dict[str, Any]:
    return {
        "place": f"{project.pk}-0",
        "work_date": "2026-10-05",
        "minutes": "1:30",
        "description": "Checkout",
        "is_billable": "on",
        "tags": tags,
    }


def test_the_form_puts_tags_on_and_takes_them_off(manager: Membership, signed_in: SignIn) -> None:
    late, old = TagFactory(name="Late"), TagFactory(name="Old", is_active=False)
    project, client = ProjectFactory(), signed_in(manager)

    assert client.post(f"{LIST}new/", entry_form(project, str(late.pk), "new:On call")).status_code
    entry = TimeEntry.objects.get()
    assert worn(entry) == ["Late", "On call"]

    # Somebody else puts one on; a form that leaves the tags alone leaves them so.
    EntryTag.objects.create(time_entry=entry, tag=old)
    address = f"{LIST}{entry.pk}/"
    page = client.get(address)
    assert page.context["form"].initial["tags"] == [
        Tag.objects.get(name=name).pk for name in ("Late", "Old", "On call")
    ]
    call = Tag.objects.get(name="On call")
    same = [str(call.pk), str(late.pk), str(old.pk)]
    client.post(address, entry_form(project, *same))
    assert worn(entry) == ["Late", "Old", "On call"]
    assert not AuditEntry.objects.filter(action="hours.changed").exists()
    client.post(address, entry_form(project, str(call.pk)))
    assert worn(entry) == ["On call"]


def test_a_refused_tag_is_said_by_its_field_and_stays_typed(
    member: Membership, signed_in: SignIn
) -> None:
    page = signed_in(member).post(f"{LIST}new/", entry_form(ProjectFactory(), "new:Mine"))
    assert page.status_code == 422
    assert "new ones are not yours to make" in str(page.context["form"].errors["tags"])
    assert '<option value="new:Mine" selected>Mine</option>' in page.content.decode()
    assert not TimeEntry.objects.exists()


def test_a_copy_of_an_entry_carries_its_tags(member: Membership, signed_in: SignIn) -> None:
    late, old = TagFactory(name="Late"), TagFactory(name="Old", is_active=False)
    entry = carrying(late, old, member=member)
    client = signed_in(member)
    page = client.get(f"{LIST}new/?copy={entry.pk}")
    assert page.context["form"].initial["tags"] == [late.pk]
    client.post(f"{LIST}new/?copy={entry.pk}", entry_form(entry.project, str(late.pk)))
    assert worn(TimeEntry.objects.latest("pk")) == ["Late"]


@pytest.fixture
def tagged(member: Membership) -> dict[str, TimeEntry]:
    """Hours with A, with A and B, with B, and without any."""
    a, b = TagFactory(name="A", colour="teal"), TagFactory(name="B")
    rows = {"a": (a,), "ab": (a, b), "b": (b,), "none": ()}
    minutes = {"a": 60, "ab": 30, "b": 15, "none": 120}
    return {
        name: carrying(*tags, member=member, minutes=minutes[name], rate=Decimal(100))
        for name, tags in rows.items()
    }


def ids() -> dict[str, int]:
    return dict(Tag.objects.values_list("name", "pk"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tags=A", "a ab"),
        ("tags=A&tags=B", "a ab b"),
        ("tags=A&tags=B&tagged=all", "ab"),
        ("tags=A&tagged=none", "b none"),
        ("tags=A&tags=B&tagged=none", "none"),
        ("tagged=without", "none"),
        ("tags=A&tagged=without", "none"),
        ("tagged=all", "a ab b none"),
        ("tags=987654", ""),
        ("tags=A&tags=987654&tagged=all", ""),
    ],
)
def test_the_list_is_filtered_by_tags(
    accountant: Membership,
    signed_in: SignIn,
    tagged: dict[str, TimeEntry],
    query: str,
    expected: str,
) -> None:
    for name, pk in ids().items():
        query = query.replace(f"tags={name}", f"tags={pk}")
    page = signed_in(accountant).get(f"{LIST}?{OCTOBER}&{query}")
    assert shown(page) == {tagged[name].pk for name in expected.split()}


def test_a_link_to_a_merged_tag_finds_the_one_it_is_now(
    accountant: Membership, signed_in: SignIn, tagged: dict[str, TimeEntry]
) -> None:
    gone = TagFactory(name="Was B", is_active=False, merged_into=Tag.objects.get(name="B"))
    page = signed_in(accountant).get(f"{LIST}?{OCTOBER}&tags={gone.pk}")
    assert shown(page) == {tagged["ab"].pk, tagged["b"].pk}


def test_the_list_and_its_file_show_tags(
    accountant: Membership, signed_in: SignIn, tagged: dict[str, TimeEntry]
) -> None:
    client = signed_in(accountant)
    text = client.get(f"{LIST}?{OCTOBER}").content.decode()
    for badge in ('<span class="tag tag-teal">A</span>', '<span class="tag">B</span>'):
        assert text.count(badge) == 2
    head, *rows = table(client, f"{LIST}export.csv?{OCTOBER}&sort=hours")
    place = head.index("Tags")
    assert [row[place] for row in rows] == ["B", "A, B", "A", ""]


def test_without_any_tags_the_filter_bar_has_no_field_for_them(
    accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    assert "data-tags" not in client.get(LIST).content.decode()
    TagFactory()
    assert "data-tags" in client.get(LIST).content.decode()


def test_groups_by_tag_count_hours_in_each_and_the_sum_counts_them_once(
    accountant: Membership, signed_in: SignIn, tagged: dict[str, TimeEntry]
) -> None:
    client = signed_in(accountant)
    page = client.get(f"{LIST}?{OCTOBER}&group=tag")
    groups = {group.label: group.sums.minutes for group in page.context["groups"]}
    assert groups == {"A": 90, "B": 45, "Without a tag": 120}
    assert page.context["sums"].minutes == 225
    assert [value.amount for value in page.context["sums"].values] == [Decimal("375.00")]
    assert "the sum counts them once" in page.content.decode()
    inside = client.get(f"{LIST}group/?{OCTOBER}&group=tag&in={ids()['A']}")
    assert shown(inside) == {tagged["a"].pk, tagged["ab"].pk}
    inside = client.get(f"{LIST}group/?{OCTOBER}&group=tag&in=none")
    assert shown(inside) == {tagged["none"].pk}
    assert shown(client.get(f"{LIST}group/?{OCTOBER}&group=tag&in=x")) == set()


def test_tags_within_people_and_people_within_tags(
    accountant: Membership, signed_in: SignIn, tagged: dict[str, TimeEntry]
) -> None:
    client = signed_in(accountant)
    [person] = client.get(f"{LIST}?{OCTOBER}&group=person&group=tag").context["groups"]
    assert person.sums.minutes == 225
    assert {part.label: part.sums.minutes for part in person.parts} == {
        "A": 90, "B": 45, "Without a tag": 120,
    }  # fmt: skip
    page = client.get(f"{LIST}?{OCTOBER}&group=tag&group=person")
    assert [(g.label, g.sums.minutes, len(g.parts)) for g in page.context["groups"]] == [
        ("A", 90, 1), ("B", 45, 1), ("Without a tag", 120, 1),
    ]  # fmt: skip
    assert page.context["sums"].minutes == 225


def test_the_report_by_tag_leads_to_exactly_its_hours(
    accountant: Membership, signed_in: SignIn, tagged: dict[str, TimeEntry]
) -> None:
    client, found = signed_in(accountant), ids()

    def links(query: str) -> dict[str, str]:
        page = client.get(f"/acme/hours/where/?{OCTOBER}&group=tag&{query}")
        return {group.label: group.query for group in page.context["page"]}

    for asked in ("", f"tags={found['A']}&tagged=all", f"tags={found['A']}&tags={found['B']}"):
        page = client.get(f"/acme/hours/where/?{OCTOBER}&group=tag&{asked}")
        for group in page.context["page"]:
            if group.query:
                rows = client.get(f"{LIST}?{group.query}").context["sums"]
                assert rows.minutes == group.sums.minutes, (asked, group.label)
    assert all(links("").values())
    # Those without A are no filter of B at the same time.
    assert links(f"tags={found['A']}&tagged=none") == {"B": "", "Without a tag": ""}


def test_many_hours_get_tags_and_those_that_cannot_are_named(
    accountant: Membership, signed_in: SignIn
) -> None:
    late, old = TagFactory(name="Late"), TagFactory(name="Old")
    free = carrying(old)
    locked = carrying(old, work_date=date(2026, 10, 6))
    HoursLockFactory(member=locked.member, start_date=date(2026, 10, 6), end_date=date(2026, 10, 6))
    billed = TimeEntryFactory(billing_state=BillingState.BILLED)
    ticked = {"ticked": "1", "pk": [free.pk, locked.pk, billed.pk]}
    client = signed_in(accountant)

    page = client.post(f"{LIST}tags/", ticked, headers=HTMX)
    assert page.context["look"].count == 1
    assert {group["reason"].value: len(group["rows"]) for group in page.context["groups"]} == {
        "invoiced": 1, "locked": 1,
    }  # fmt: skip
    answer = client.post(
        f"{LIST}tags/", {**ticked, "go": "1", "add": [late.pk, "new:Now"], "remove": [old.pk]}
    )
    assert answer.status_code == 302
    assert (worn(free), worn(locked), worn(billed)) == (["Late", "Now"], ["Old"], [])
    logged = AuditEntry.objects.get(action="hours.tagged")
    assert (logged.object_id, logged.detail["put_on"], logged.detail["taken_off"]) == (
        free.pk, "Late, Now", "Old",
    )  # fmt: skip
    told = client.get(LIST).content.decode()
    assert "1 entry has other tags now." in told
    assert "Left as before: 2 entries" in told


def test_all_that_the_filters_find_get_tags(accountant: Membership, signed_in: SignIn) -> None:
    late = TagFactory(name="Late")
    inside, outside = TimeEntryFactory(), TimeEntryFactory(work_date=date(2026, 9, 30))
    client = signed_in(accountant)
    client.post(f"{LIST}tags/?{OCTOBER}", {"go": "1", "add": [late.pk]})
    assert (worn(inside), worn(outside)) == (["Late"], [])


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose the tags to put on or to take off."),
        ({"add": ["A"], "remove": ["A"]}, "cannot be put on and taken off at once"),
        ({"add": ["987654"]}, "Somebody deleted a tag meanwhile."),
    ],
)
def test_what_cannot_be_done_to_many_is_said(
    accountant: Membership, signed_in: SignIn, sent: dict[str, list[str]], sentence: str
) -> None:
    tag, entry = TagFactory(name="A"), TimeEntryFactory()
    values = {name: [str(tag.pk) if one == "A" else one for one in list_]
              for name, list_ in sent.items()}  # fmt: skip
    page = signed_in(accountant).post(
        f"{LIST}tags/", {"ticked": "1", "pk": [entry.pk], "go": "1", **values}
    )
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert worn(entry) == []


def test_a_member_tags_own_hours_only(
    member: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    late = TagFactory(name="Late")
    own, others = TimeEntryFactory(member=member), TimeEntryFactory()
    sent = {"ticked": "1", "pk": [own.pk, others.pk], "go": "1", "add": [late.pk]}
    signed_in(member).post(f"{LIST}tags/", sent)
    assert (worn(own), worn(others)) == (["Late"], [])
    assert signed_in(auditor).post(f"{LIST}tags/", sent).status_code == 403


def test_pages_ask_as_often_with_many_tags_as_with_few(
    accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    tags = [TagFactory() for _ in range(5)]
    first = carrying(tags[0])
    addresses = [
        REGISTER,
        f"{LIST}{first.pk}/",
        f"{LIST}?{OCTOBER}",
        f"{LIST}?{OCTOBER}&tags={tags[0].pk}&tagged=none",
        f"{LIST}?{OCTOBER}&group=tag&group=person",
        f"/acme/hours/where/?{OCTOBER}&group=tag",
    ]
    few = [asked_by(client, address) for address in addresses]
    for _ in range(3):
        carrying(*tags)
    assert [asked_by(client, address) for address in addresses] == few
    assert max(few) <= 12


def test_the_entries_of_a_cell_of_the_week_show_their_tags(
    member: Membership, signed_in: SignIn
) -> None:
    entry = carrying(TagFactory(name="Late"), member=member)
    carrying(member=member, project=entry.project)
    query = f"place={entry.project_id}-0&day=2026-10-05&person={member.pk}"
    text = signed_in(member).get(f"/acme/hours/week/entries/?{query}").content.decode()
    assert text.count('<span class="tag">Late</span>') == 1
