"""Runs that workers take step by step, and what becomes of those that no worker is at.

A run's `resumed` counts workers that began with it since it last got on. It is counted before the
work, in a transaction of its own, so that a step which kills its worker is counted as well; one
that waits because all workers are busy counts nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from invoicing.models.runs import LongRun

LOST_AFTER = timedelta(minutes=2)
ATTEMPTS_AT_MOST = 6


def begin(runs: QuerySet[Any], run_id: int) -> bool:
    """Whether a worker may begin: not with one that is over, or that has broken so many."""
    open_ones = runs.filter(pk=run_id, finished_at=None, resumed__lt=ATTEMPTS_AT_MOST)
    return bool(open_ones.update(resumed=F("resumed") + 1, updated_at=timezone.now()))


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
        if run.resumed >= ATTEMPTS_AT_MOST:
            give_up(run)
            run.finished_at = now
        else:
            enqueue(run)
        run.save(update_fields=["finished_at", "updated_at"])
