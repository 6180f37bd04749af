"""A file of usage is given up; what others relied on is theirs from then on."""

from django.db.models import QuerySet
from django.utils import timezone

from timesheets.models.usage import UsageImport, UsageRecord
from timesheets.usage import errors, turns

State = UsageImport.State


def fail(import_id: int, refusal: errors.UsageRefused) -> bool:
    turns.hold_usage()
    usage_import = turns.working(import_id, State.READING)
    if usage_import is not None:
        stop(usage_import, refusal)
        usage_import.save()
    return False


def stop(usage_import: UsageImport, refusal: errors.UsageRefused) -> None:
    """Give it up. Records nobody was charged for go with it, so that the corrected file brings them
    anew; where another file relied on them, it gets them and charges for them. Not saved."""
    left = UsageRecord.objects.filter(usage_import=usage_import)
    if usage_import.state == State.CHARGING:
        left = left.filter(customer__gt=usage_import.line)
    heirs = recognising(usage_import).exclude(state__in=[State.FAILED, State.TAKING_BACK])
    heir = heirs.select_for_update().first()
    if heir is None:
        count, _models = left.delete()
    else:
        count = left.update(usage_import=heir)
        _inherit(heir, usage_import)
    usage_import.added -= count
    if usage_import.state == State.READING:
        usage_import.recognised = []
    usage_import.state, usage_import.refusal = State.FAILED, str(refusal)[:500]
    usage_import.finished_at = timezone.now()
    turns.drop_file(usage_import)


def _inherit(heir: UsageImport, lost: UsageImport) -> None:
    """Charge for what was another import's, too."""
    if lost.first_date and lost.last_date:
        heir.first_date = min(lost.first_date, heir.first_date or lost.first_date)
        heir.last_date = max(lost.last_date, heir.last_date or lost.last_date)
    if heir.state == State.DONE:
        heir.state, heir.finished_at = State.CHARGING, None
        turns.enqueue(heir)
    if heir.state == State.CHARGING:
        heir.line = heir.resumed = 0
    heir.save()


def recognising(usage_import: UsageImport) -> QuerySet[UsageImport]:
    """Imports of files that rows of this one stand in, too, and which rely on its records."""
    found: QuerySet[UsageImport] = UsageImport.objects.filter(
        recognised__contains=[usage_import.pk]
    )
    return found.exclude(state=State.TAKEN_BACK).order_by("pk")
