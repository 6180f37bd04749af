"""Tags and the hours that carry them: choosing, changing, merging, and what may not change."""

from contextlib import AbstractContextManager, nullcontext
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import HoursLockFactory, ProjectFactory, TagFactory, TimeEntryFactory
from tests.timesheets.foreign import foreign_tag
from timesheets import errors, tag_errors
from timesheets.domain import entries
from timesheets.domain.tags import keeping
from timesheets.domain.tags.choosing import MOST_ON_AN_ENTRY, ChosenTags
from timesheets.domain.tags.wearing import names_on
from timesheets.models import BillingState, EntryTag, Tag, TimeEntry

DAY = date(2026, 10, 5)


def chosen(*tags: Tag | str) -> ChosenTags:
    return ChosenTags(
        ids=frozenset(tag.pk for tag in tags if isinstance(tag, Tag)),
        names=tuple(tag for tag in tags if isinstance(tag, str)),
    )


def worn(entry: TimeEntry) -> list[str]:
    return list(names_on([entry.pk]).get(entry.pk, []))


def recorded(actor: Membership, *tags: Tag | str) -> TimeEntry:
    return entries.record_entry(
        actor=actor,
        member=actor,
        project=ProjectFactory(),
        work_date=DAY,
        minutes=60,
        tags=chosen(*tags),
    )


def test_hours_are_written_with_tags_and_the_log_names_them(member: Membership) -> None:
    late = TagFactory(name="Late")
    entry = recorded(member, late, TagFactory(name="abroad"))

    assert worn(entry) == ["abroad", "Late"]
    assert AuditEntry.objects.get(action="hours.recorded").detail["tags"] == "abroad, Late"


def test_who_manages_tags_makes_one_while_writing_hours(manager: Membership) -> None:
    entry = recorded(manager, "  On   call ")

    assert worn(entry) == ["On call"]
    assert AuditEntry.objects.filter(action="tag.added", object_label="On call").count() == 1


def test_a_typed_name_is_the_tag_there_is_whatever_its_capitals(member: Membership) -> None:
    TagFactory(name="Warranty")

    assert worn(recorded(member, "WARRANTY")) == ["Warranty"]


def test_a_member_makes_no_tags(member: Membership) -> None:
    with pytest.raises(tag_errors.TagsNotYours, match="There is no tag “new”") as refused:
        recorded(member, "new")
    assert refused.value.field == "tags"
    assert not Tag.objects.exists()


def test_a_tag_that_is_gone_archived_or_one_too_many_is_refused(manager: Membership) -> None:
    with pytest.raises(tag_errors.TagGone):
        entries.record_entry(
            actor=manager,
            member=manager,
            project=ProjectFactory(),
            work_date=DAY,
            minutes=60,
            tags=ChosenTags(ids=frozenset({987654})),
        )
    with pytest.raises(tag_errors.TagArchived, match="“Old” is archived"):
        recorded(manager, TagFactory(name="Old", is_active=False))
    with pytest.raises(tag_errors.TooManyTags, match="at most 30"):
        recorded(manager, *(f"t{number}" for number in range(MOST_ON_AN_ENTRY + 1)))


def test_a_change_exchanges_the_tags_and_says_so(member: Membership) -> None:
    red, blue, old = TagFactory(name="red"), TagFactory(name="blue"), TagFactory(name="old")
    entry = recorded(member, red, old)
    keeping.archive_tag(old.pk, actor=member.user)

    entries.change_entry(entry.pk, actor=member, tags=chosen(blue, old))

    assert worn(entry) == ["blue", "old"]
    change = AuditEntry.objects.get(action="hours.changed")
    assert change.detail["changes"] == {"tags": ["old, red", "blue, old"]}


def test_the_same_tags_again_change_nothing(member: Membership) -> None:
    red = TagFactory(name="red")
    entry = recorded(member, red)

    entries.change_entry(entry.pk, actor=member, tags=chosen(red))

    assert not AuditEntry.objects.filter(action="hours.changed").exists()


def test_locked_and_billed_hours_keep_their_tags(member: Membership) -> None:
    red = TagFactory(name="red")
    locked = recorded(member, red)
    HoursLockFactory(member=member, start_date=DAY, end_date=DAY)
    billed = TimeEntryFactory(member=member, work_date=date(2026, 9, 1))
    TimeEntry.objects.filter(pk=billed.pk).update(billing_state=BillingState.BILLED)

    with pytest.raises(errors.PeriodLocked):
        entries.change_entry(locked.pk, actor=member, tags=ChosenTags())
    with pytest.raises(errors.OnInvoice):
        entries.change_entry(billed.pk, actor=member, tags=chosen(red))


@pytest.mark.parametrize(
    ("held", "is_free"),
    [
        ({}, True),
        ({"billing_state": "written_off", "billing_note": "A gift"}, True),
        ({"billing_state": "billed", "billing_note": "R-17"}, True),
        ({"is_locked": True}, False),
        ({"billing_state": "drafted"}, False),
        ({"billing_state": "billed"}, False),
    ],
)
def test_the_database_keeps_the_tags_of_locked_and_billed_hours(
    tenant: Tenant, held: dict[str, str], is_free: bool
) -> None:
    entry, worn_tag, other = TimeEntryFactory(), TagFactory(), TagFactory()
    link = EntryTag.objects.create(time_entry=entry, tag=worn_tag)
    TimeEntry.objects.filter(pk=entry.pk).update(**held)

    def outcome() -> AbstractContextManager[object]:
        refusal = pytest.raises(IntegrityError, match="locked or on a document")
        return nullcontext() if is_free else refusal

    with outcome(), transaction.atomic():
        EntryTag.objects.create(time_entry=entry, tag=other)
    with outcome(), transaction.atomic():
        EntryTag.objects.filter(pk=link.pk).delete()
    assert worn(entry) == ([other.name] if is_free else [worn_tag.name])


def test_the_database_lets_no_tag_be_exchanged_for_another(tenant: Tenant) -> None:
    link = EntryTag.objects.create(time_entry=TimeEntryFactory(), tag=TagFactory())
    with pytest.raises(IntegrityError, match="not exchanged"), transaction.atomic():
        EntryTag.objects.filter(pk=link.pk).update(tag=TagFactory())
    with pytest.raises(IntegrityError, match="not exchanged"), transaction.atomic():
        EntryTag.objects.filter(pk=link.pk).update(time_entry=TimeEntryFactory())


def test_deleted_hours_come_back_with_the_tags_there_still_are(manager: Membership) -> None:
    kept, gone, merged = (TagFactory(name=name) for name in ("kept", "gone", "merged"))
    entry = recorded(manager, kept, gone, merged)
    remembered = entries.delete_entry(entry.pk, actor=manager)
    keeping.remove_tag(gone.pk, actor=manager.user)
    keeping.merge_tag(merged.pk, into_id=kept.pk, actor=manager.user)

    [restored] = entries.restore_entries([remembered], actor=manager)

    assert worn(restored) == ["kept"]


def test_a_merge_reaches_all_hours_and_keeps_each_tag_once(manager: Membership) -> None:
    dev, development = TagFactory(name="dev"), TagFactory(name="Development")
    one, both, locked = (recorded(manager, dev), recorded(manager, dev, development),
                         recorded(manager, dev, development))  # fmt: skip
    HoursLockFactory(member=manager, project=locked.project, start_date=DAY, end_date=DAY)

    keeping.merge_tag(dev.pk, into_id=development.pk, actor=manager.user)

    assert [worn(entry) for entry in (one, both, locked)] == [["Development"]] * 3
    dev.refresh_from_db()
    assert (dev.is_active, dev.merged_into) == (False, development)
    assert AuditEntry.objects.get(action="tag.merged").detail == {
        "into": "Development",
        "entries": 3,
    }
    # The old name leads to the other one from now on, also over two merges.
    assert worn(recorded(manager, "DEV")) == ["Development"]
    last = TagFactory(name="Programming")
    keeping.merge_tag(development.pk, into_id=last.pk, actor=manager.user)
    assert worn(recorded(manager, "dev")) == ["Programming"]


def test_what_cannot_be_merged_is_said(manager: Membership) -> None:
    one, old = TagFactory(name="one"), TagFactory(name="old", is_active=False)
    merged = TagFactory(name="merged", is_active=False, merged_into=one)
    with pytest.raises(tag_errors.MergedIntoItself):
        keeping.merge_tag(one.pk, into_id=one.pk, actor=None)
    with pytest.raises(tag_errors.MergedIntoArchived, match="“old” is archived"):
        keeping.merge_tag(one.pk, into_id=old.pk, actor=None)
    with pytest.raises(tag_errors.AlreadyMerged, match="“merged” was merged into “one”"):
        keeping.merge_tag(merged.pk, into_id=one.pk, actor=None)
    with pytest.raises(tag_errors.TagGone):
        keeping.merge_tag(one.pk, into_id=987654, actor=None)


def test_a_name_is_one_whatever_its_capitals_and_each_refusal_says_which(tenant: Tenant) -> None:
    one = TagFactory(name="One")
    TagFactory(name="Old", is_active=False)
    TagFactory(name="uno", is_active=False, merged_into=one)
    for name, refusal, sentence in (
        ("ONE", tag_errors.TagNameTaken, "There is a tag “One” already"),
        ("old", tag_errors.TagNameOfArchived, "which is archived"),
        ("Uno", tag_errors.TagNameOfMerged, "“uno” was merged into “One”"),
        ("  ", tag_errors.TagWithoutName, "Give the tag a name"),
        ("x" * 81, tag_errors.TagNameTooLong, "at most 80"),
    ):
        with pytest.raises(refusal, match=sentence):
            keeping.add_tag(actor=None, name=name)
    assert keeping.change_tag(one.pk, actor=None, name="ONE", colour="red").name == "ONE"


def test_only_a_tag_that_no_hours_carry_is_deleted(manager: Membership) -> None:
    used, unused = TagFactory(name="used"), TagFactory(name="unused")
    TagFactory(name="alias", is_active=False, merged_into=unused)
    recorded(manager, used)

    with pytest.raises(tag_errors.TagHasHours, match="on hours \\(entries: 1\\)"):
        keeping.remove_tag(used.pk, actor=manager.user)
    keeping.remove_tag(unused.pk, actor=manager.user)

    assert list(Tag.objects.values_list("name", flat=True)) == ["used"]


def test_tags_of_another_company_are_nobodys(manager: Membership) -> None:
    """Its name may be taken here as well."""
    foreign = foreign_tag("Theirs")
    with pytest.raises(tag_errors.TagGone):
        entries.record_entry(
            actor=manager,
            member=manager,
            project=ProjectFactory(),
            work_date=DAY,
            minutes=60,
            tags=ChosenTags(ids=frozenset({foreign})),
        )
    assert worn(recorded(manager, "theirs")) == ["theirs"]
