"""What stays as it is when many hours or charges are changed at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from tenants.models import Membership
from timesheets.documents import documents_of
from timesheets.domain.leaving_out import LeftOut, Refused, in_words
from timesheets.models import Billable
from timesheets.work_kinds import WorkKind

MOST_NAMED = 40


def left_in_words(kind: WorkKind, refused: Sequence[Refused]) -> str:
    if not refused:
        return ""
    left = kind.counted(sum(one.count for one in refused))
    return _("Left as before: %(left)s (%(reasons)s).") % {
        "left": left,
        "reasons": in_words(refused),
    }


def groups_left_out(
    named: Iterable[tuple[Billable, LeftOut]],
    refused: Iterable[Refused],
    kind: WorkKind,
    reader: Membership,
) -> list[dict[str, Any]]:
    """By reason: some of them by name, those on a document with its link."""
    some = list(named)
    documents = documents_of([work for work, _reason in some], reader)
    by_reason: dict[LeftOut, list[dict[str, Any]]] = defaultdict(list)
    for work, reason in some:
        by_reason[reason].append({"work": work, "document": documents.get(work.pk)})
    return [
        {
            "reason": one.reason,
            "counted": kind.counted(one.count),
            "minutes": one.minutes,
            "rows": by_reason[one.reason],
            "more": one.count - len(by_reason[one.reason]),
        }
        for one in refused
    ]
