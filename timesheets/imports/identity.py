"""How a row is recognised when it comes again; none of the programs gives its rows a number."""

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

from timesheets.imports.names import Reference
from timesheets.imports.rows import ImportedRow
from timesheets.imports.values import fold
from timesheets.models import TimeEntry

_BATCH = 10_000


class Identities:
    """Tells equal rows of one file apart by counting them."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, row: ImportedRow, person: Reference) -> tuple[str, int]:
        """What the row says, and which of the equal rows it is."""
        says = "\x1f".join(
            (
                row.work_date.isoformat(),
                row.start.isoformat("minutes") if row.start else "",
                str(row.minutes),
                fold(row.customer),
                fold(row.project),
                fold(row.task),
                fold(row.description),
            )
        )
        key = f"{person if isinstance(person, int) else person.key}\x1f{says}"
        self._seen[key] += 1
        return says, row.copy or self._seen[key]


def fingerprint(member_id: int, says: str, copy: int) -> str:
    return blake2b(f"{member_id}\x1f{says}\x1f{copy}".encode(), digest_size=32).hexdigest()


def already_imported(fingerprints: Iterable[str]) -> set[str]:
    asked = list(fingerprints)
    found: set[str] = set()
    for start in range(0, len(asked), _BATCH):
        found.update(
            TimeEntry.objects.order_by()
            .filter(import_fingerprint__in=asked[start : start + _BATCH])
            .values_list("import_fingerprint", flat=True)
        )
    return found
