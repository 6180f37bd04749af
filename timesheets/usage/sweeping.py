"""Files of usage that nobody decides about, and those whose worker is lost."""

from datetime import datetime, timedelta

from django.db import transaction

from timesheets.models.usage import UsageImport
from timesheets.usage import errors, turns
from timesheets.usage.stopping import stop
from timesheets.usage.taking_back import leave

LOST_AFTER = timedelta(minutes=3)
KEPT_UNDECIDED = timedelta(days=7)

State = UsageImport.State


@transaction.atomic
def sweep(*, now: datetime) -> None:
    """Hand over what no worker is at, and forget files nobody decided about."""
    undecided = UsageImport.objects.filter(
        state=State.CHOOSING, updated_at__lt=now - KEPT_UNDECIDED
    )
    for usage_import in undecided:
        turns.drop_file(usage_import)
        usage_import.delete()
    lost = UsageImport.objects.filter(
        state__in=[State.READING, State.CHARGING, State.TAKING_BACK],
        updated_at__lt=now - LOST_AFTER,
    )
    if UsageImport.objects.filter(state=State.TAKING_BACK).exists():
        # Others wait until it is through; that is no fault of theirs.
        lost = lost.exclude(state=State.READING)
    if not lost.exists():
        return
    turns.hold_usage()
    for usage_import in lost.select_for_update(skip_locked=True):
        if usage_import.resumed < turns.ATTEMPTS_AT_MOST:
            turns.enqueue(usage_import)
        elif usage_import.state == State.TAKING_BACK:
            leave(usage_import, errors.TakingBackBroke(times=usage_import.resumed))
        else:
            stop(usage_import, errors.UsageImportBroke(times=usage_import.resumed))
        usage_import.save()
