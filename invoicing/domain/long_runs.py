"""Runs that workers take step by step, and what becomes of those that no worker is at."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from invoicing.models.runs import LongRun

LOST_AFTER = timedelta(minutes=2)
RESUMED_AT_MOST = 3


def take_up_lost[Run: LongRun](
    runs: QuerySet[Run],
    *,
    now: datetime,
    enqueue: Callable[[Run], None],
    give_up: Callable[[Run], None],
) -> None:
    """Hand unfinished runs that stand still to another worker; give those up that never get on.

    The caller's transaction holds them; those that somebody holds already are busy.
    """
    lost = runs.filter(finished_at=None, updated_at__lt=now - LOST_AFTER)
    for run in lost.select_for_update(skip_locked=True, of=("self",)):
        if run.resumed >= RESUMED_AT_MOST:
            give_up(run)
            run.finished_at = now
        else:
            run.resumed += 1
            enqueue(run)
        run.save(update_fields=["resumed", "finished_at", "updated_at"])
