"""Who is at a file of usage, and in which order files are worked on."""

from functools import partial

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from tenants.scope import current_tenant_id
from timesheets.models.usage import UsageImport
from timesheets.usage import errors

State = UsageImport.State
# So many workers may break off one after the other without getting on.
ATTEMPTS_AT_MOST = 3


def hold_usage() -> None:
    """Files of a tenant are read and taken back in turns; taken before the imports' own rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('timesheets.usage', %s))",
            [current_tenant_id()],
        )


def held(import_id: int, *states: str) -> UsageImport:
    found: UsageImport | None = UsageImport.objects.select_for_update().filter(pk=import_id).first()
    if found is None or found.state not in states:
        raise errors.UsageImportClosed
    return found


def working(import_id: int, state: str) -> UsageImport | None:
    """The import, if it still waits for this and no other worker is at it."""
    found: UsageImport | None = (
        UsageImport.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("created_by", "taken_back_by")
        .filter(pk=import_id, state=state)
        .first()
    )
    return found


def begin(import_id: int) -> bool:
    """Whether a worker may begin: not with a file that has broken so many, nor while another one is
    taken back. Counted before the work, in a transaction of its own, so that a step which kills its
    worker is counted as well; a file that waits because all workers are busy counts nothing."""
    files = UsageImport.objects.filter(pk=import_id, resumed__lt=ATTEMPTS_AT_MOST)
    may_read = not UsageImport.objects.filter(state=State.TAKING_BACK).exists()
    waiting = [State.CHARGING, State.TAKING_BACK, *([State.READING] if may_read else [])]
    begun = files.filter(state__in=waiting)
    return bool(begun.update(resumed=F("resumed") + 1, updated_at=timezone.now()))


def drop_file(usage_import: UsageImport) -> None:
    """When the transaction is through: one that is taken back needs its file again."""
    if not usage_import.file:
        return
    name, storage = str(usage_import.file.name), usage_import.file.storage
    usage_import.file = ""
    transaction.on_commit(partial(storage.delete, name))


def enqueue(usage_import: UsageImport) -> None:
    from timesheets.tasks import work_usage_import

    transaction.on_commit(
        partial(
            work_usage_import.delay,
            tenant_id=usage_import.tenant_id,
            import_id=usage_import.pk,
        )
    )


def language_of(import_id: int) -> str:
    """The reasons why rows are left out are read by the person who asked."""
    people = UsageImport.objects.select_related("created_by", "taken_back_by")
    found = people.filter(pk=import_id).first()
    reader = found and (found.taken_back_by or found.created_by)
    return reader.language if reader else "en"
