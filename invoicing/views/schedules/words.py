"""What a schedule says in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invoicing.domain.schedules.timing import Every, Rhythm, Rule
from invoicing.models import Schedule, ScheduleTarget

_FIRST: Mapping[str, Any] = {
    Every.MONTH: gettext_lazy("on the first working day of each month at %(time)s"),
    Every.QUARTER: gettext_lazy("on the first working day of each quarter at %(time)s"),
}
_LAST: Mapping[str, Any] = {
    Every.MONTH: gettext_lazy("on the last working day of each month at %(time)s"),
    Every.QUARTER: gettext_lazy("on the last working day of each quarter at %(time)s"),
}
_LAST_DAY: Mapping[str, Any] = {
    Every.MONTH: gettext_lazy("on the last day of each month at %(time)s"),
    Every.QUARTER: gettext_lazy("on the last day of each quarter at %(time)s"),
}
_DAY: Mapping[str, Any] = {
    Every.WEEK: gettext_lazy("each week on %(weekday)s at %(time)s"),
    Every.MONTH: gettext_lazy("on day %(day)s of each month at %(time)s"),
    Every.QUARTER: gettext_lazy("on day %(day)s of each quarter at %(time)s"),
}
_MOVED: Mapping[str, Any] = {
    Rule.NEXT: gettext_lazy("%(when)s, or the next working day"),
    Rule.PREVIOUS: gettext_lazy("%(when)s, or the working day before"),
}


def rhythm_words(rhythm: Rhythm) -> str:
    """On the first working day of each month at 06:00."""
    values = {
        "time": time_format(rhythm.at, "H:i"),
        "day": rhythm.day,
        "weekday": WEEKDAYS[(rhythm.day - 1) % 7],
    }
    if rhythm.every != Every.WEEK:
        if rhythm.day == 1 and rhythm.working_days == Rule.NEXT:
            return str(_FIRST[rhythm.every] % values)
        if rhythm.day >= Schedule.LAST_DAY and rhythm.working_days == Rule.PREVIOUS:
            return str(_LAST[rhythm.every] % values)
    is_last = rhythm.every != Every.WEEK and rhythm.day >= Schedule.LAST_DAY
    when = (_LAST_DAY if is_last else _DAY)[rhythm.every] % values
    moved = _MOVED.get(rhythm.working_days)
    return str(moved % {"when": when}) if moved else str(when)


def whom_words(schedule: Schedule) -> str:
    """Of a listed schedule: whose work it takes, and of their hours which."""
    whom = target_words(schedule, schedule.targets.all())
    names = [str(link.tag) for link in schedule.tag_links.all()]
    if not names:
        return whom
    return _("%(whom)s; only hours with %(tags)s") % {"whom": whom, "tags": _first_few(names)}


def target_words(schedule: Schedule, targets: Iterable[ScheduleTarget]) -> str:
    """All customers, or the first few that were chosen."""
    if schedule.whom == Schedule.Whom.ALL:
        return _("All customers")
    names = [str(target) for target in targets]
    return _first_few(names) if names else _("Nobody is left")


def _first_few(names: Sequence[str]) -> str:
    shown, more = ", ".join(names[:3]), len(names) - 3
    if more <= 0:
        return shown
    text = ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", more)
    return text % {"names": shown, "count": more}
