"""The proof that a series has neither gap nor duplicate, from the documents themselves.

Each document keeps its place in the window it was counted in. Every place up to where the counter
stands has a document, or was passed over for a reason that was kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db import connection

from invoicing.models import Invoice, NumberCounter, NumberSeries, SkippedNumbers
from tenants.scope import current_tenant_id


class Places(NamedTuple):
    """From the first to the last, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass
class WindowReport:
    """What a counter has given out, from its first to its last document."""

    series: NumberSeries
    window: str
    first_number: str
    last_number: str
    first_date: date
    last_date: date
    count: int
    duplicates: int
    skipped: int = 0
    gaps: list[Places] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return sum(len(gap) for gap in self.gaps)

    @property
    def is_sound(self) -> bool:
        return not self.gaps and not self.duplicates


def continuity(series: Iterable[NumberSeries]) -> list[WindowReport]:
    """A report per window of these series; in four queries, however many documents there are."""
    by_id = {one.pk: one for one in series}
    reports = {
        (one.series.pk, one.window): one for one in _windows(by_id) if one.series.pk in by_id
    }
    empty = _empty_places(list(by_id))
    skipped: dict[tuple[int, str], list[Places]] = defaultdict(list)
    for row in SkippedNumbers.objects.filter(series__in=by_id):
        skipped[row.series_id, row.window].append(Places(row.first, row.last))
    for key, report in reports.items():
        missing = empty.get(key, [])
        report.gaps = without(missing, skipped[key])
        report.skipped = sum(len(one) for one in missing) - report.missing
    return list(reports.values())


def without(places: Iterable[Places], taken_out: Iterable[Places]) -> list[Places]:
    """What is left of the places: `[1–9]` without `[3–4]` is `[1–2], [5–9]`."""
    left = sorted(places)
    for out in taken_out:
        cut: list[Places] = []
        for one in left:
            if out.last < one.first or out.first > one.last:
                cut.append(one)
                continue
            if one.first < out.first:
                cut.append(Places(one.first, out.first - 1))
            if one.last > out.last:
                cut.append(Places(out.last + 1, one.last))
        left = cut
    return left


def placeless(series: NumberSeries) -> int:
    """Posted documents that say no place; there are none where numbers are counted here."""
    if series.given_by:
        return 0
    found: int = Invoice.objects.filter(
        series=series, number__isnull=False, number_count=None
    ).count()
    return found


def _windows(by_id: dict[int, NumberSeries]) -> Iterator[WindowReport]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT series_id, number_window,
                (array_agg(number ORDER BY chain_position))[1],
                (array_agg(number ORDER BY chain_position DESC))[1],
                min(issue_date), max(issue_date),
                count(*), count(*) - count(DISTINCT (number_format, number_count))
            FROM invoicing_invoice
            WHERE tenant_id = %s AND series_id = ANY(%s) AND number_count IS NOT NULL
            GROUP BY series_id, number_window
            ORDER BY series_id, number_window DESC
            """,
            [current_tenant_id(), list(by_id)],
        )
        rows = cursor.fetchall()
    for series_id, *columns in rows:
        yield WindowReport(by_id[series_id], *columns)


def _empty_places(series_ids: Sequence[int]) -> dict[tuple[int, str], list[Places]]:
    """Places without a document, between documents and up to where the counters stand."""
    empty: dict[tuple[int, str], list[Places]] = defaultdict(list)
    last: dict[tuple[int, str], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH placed AS (
                SELECT DISTINCT series_id, number_window, number_count FROM invoicing_invoice
                WHERE tenant_id = %s AND series_id = ANY(%s) AND number_count IS NOT NULL
            ), stepped AS (
                SELECT *, lag(number_count, 1, 0::bigint) OVER neighbours AS before,
                    lead(number_count) OVER neighbours IS NULL AS is_last
                FROM placed
                WINDOW neighbours AS (PARTITION BY series_id, number_window ORDER BY number_count)
            )
            SELECT series_id, number_window, before, number_count, is_last FROM stepped
            WHERE number_count > before + 1 OR is_last
            ORDER BY series_id, number_window, number_count
            """,
            [current_tenant_id(), list(series_ids)],
        )
        for series_id, window, before, place, is_last in cursor.fetchall():
            if place > before + 1:
                empty[series_id, window].append(Places(before + 1, place - 1))
            if is_last:
                last[series_id, window] = place
    for counter in NumberCounter.objects.filter(series__in=series_ids):
        key = counter.series_id, counter.window
        if key in last and counter.count > last[key]:
            empty[key].append(Places(last[key] + 1, counter.count))
    return empty
