from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories import HoursLockFactory, TimeEntryFactory
from timesheets.models import TimeEntry


@pytest.mark.usefixtures("tenant")
def test_no_setting_makes_a_trigger_stand_aside() -> None:
    entry = TimeEntryFactory(work_date=date(2026, 9, 15))
    HoursLockFactory(member=entry.member, start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'")
        (names,) = cursor.fetchone()
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s::text[]::text, true)", [names])
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntry.objects.filter(pk=entry.pk).update(minutes=1)


@pytest.mark.usefixtures("tenant")
def test_own_fields_are_read_only_with_their_hours() -> None:
    entry = TimeEntryFactory(custom_values={"place": "home"})
    TimeEntry.objects.filter(pk=entry.pk).update(custom_values={"place": "office"})
    TimeEntry.objects.filter(pk=entry.pk).update(billing_state="drafted")
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntry.objects.filter(pk=entry.pk).update(custom_values={})
    TimeEntry.objects.filter(pk=entry.pk).update(billing_state="open")
    HoursLockFactory(member=entry.member)
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntry.objects.filter(pk=entry.pk).update(custom_values={})
    assert TimeEntry.objects.get().custom_values == {"place": "office"}
