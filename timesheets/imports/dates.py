"""Which way round a file writes its days and months: decided over all of it, never guessed."""

from dataclasses import dataclass

from timesheets.imports.errors import DateOrderContradictory, DateOrderUndecided
from timesheets.imports.source import Source
from timesheets.imports.values import DateOrder, clean, is_undecided, order_shown_by


@dataclass(frozen=True, slots=True)
class _Seen:
    line: int
    text: str


def decide_date_order(source: Source, told: DateOrder | None = None) -> DateOrder | None:
    """The order of the file, or the one told. None where every date says the same either way.

    Raises when the file leaves it open or says both and nobody told.
    """
    if told is not None:
        return told
    shown: dict[DateOrder, _Seen] = {}
    undecided = ""
    places = [
        source.columns[field].index for field in ("date", "end_date") if field in source.columns
    ]
    known: set[str] = set()
    for record in source.records():
        for place in places:
            text = record.cells[place] if place < len(record.cells) else ""
            if text in known:
                continue
            known.add(text)
            text = clean(text)
            if (order := order_shown_by(text)) and "." not in text:
                shown.setdefault(order, _Seen(record.line, text))
            elif not undecided and is_undecided(text):
                undecided = text
    if len(shown) == 2:
        day, month = shown[DateOrder.DAY_FIRST], shown[DateOrder.MONTH_FIRST]
        raise DateOrderContradictory(
            day_first=day.text,
            day_line=day.line,
            month_first=month.text,
            month_line=month.line,
        )
    if shown:
        return next(iter(shown))
    if undecided:
        raise DateOrderUndecided(example=undecided)
    return None
