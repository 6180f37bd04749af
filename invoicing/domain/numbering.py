"""Numbers of documents: a format, and counters that are stored and locked.

The tokens are those accountants know from Kimai: `{Y} {y} {M} {m} {D} {d} {date}` of the document
date and the counters `{c} {cy} {cm} {cd}`, ever, of the year, the month, the day. `,n` pads.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection
from django.utils import translation

from invoicing.errors import NumberFormatError
from invoicing.models import DocumentKind, NumberCounter, NumberSeries
from tenants.models import Tenant
from tenants.scope import current_tenant_id

_TOKEN = re.compile(r"\{(?P<name>[A-Za-z]+)(?:,(?P<width>\d{1,2}))?\}")
COUNTERS = ("c", "cy", "cm", "cd")
# Of different shape: two kinds of documents may not share a number.
FORMATS = {DocumentKind.INVOICE: "{Y}-{cy,4}", DocumentKind.CREDIT_NOTE: "CN-{Y}-{cy,4}"}


def window(counter: str, day: date) -> str:
    """The name under which a counter is stored: `cy` on 2026-11-21 is `cy:2026`."""
    spans = {"c": "", "cy": f"{day:%Y}", "cm": f"{day:%Y-%m}", "cd": f"{day:%Y-%m-%d}"}
    return f"{counter}:{spans[counter]}"


def counters_in(number_format: str) -> list[str]:
    return [name for name in COUNTERS if re.search(rf"\{{{name}(,\d+)?\}}", number_format)]


def render(number_format: str, *, date: date, counts: Mapping[str, int]) -> str:
    """The number after `counts` documents of each counter's window."""
    values = {
        "date": f"{date:%y%m%d}",
        "Y": f"{date:%Y}",
        "y": f"{date:%y}",
        "M": f"{date:%m}",
        "m": str(date.month),
        "D": f"{date:%d}",
        "d": str(date.day),
        **{name: str(count + 1) for name, count in counts.items()},
    }

    def replace(match: re.Match[str]) -> str:
        if match["name"] not in values:
            raise NumberFormatError(format=number_format, reason=match[0])
        return values[match["name"]].zfill(int(match["width"] or 0))

    number = _TOKEN.sub(replace, number_format)
    if "{" in number or "}" in number:
        raise NumberFormatError(format=number_format, reason=number)
    return number


def default_series(kind: DocumentKind) -> NumberSeries:
    """The series a document of this kind is numbered in, with its tenant; made on first use."""
    series: NumberSeries
    series, _created = NumberSeries.objects.select_related("tenant").get_or_create(
        kind=kind, is_default=True, defaults={"name": kind.label, "format": FORMATS[kind]}
    )
    return series


def make_series(tenant: Tenant) -> str:
    """The series of a new company, named in its language, for each kind that has none."""
    with translation.override(tenant.language):
        for kind in DocumentKind:
            default_series(kind)
    return ""


def next_numbers(series: NumberSeries, days: Sequence[date]) -> list[str]:
    """Take one number per day, in order. The counters stay locked until commit: call it late."""
    names = counters_in(series.format)
    if not names:
        raise NumberFormatError(format=series.format, reason="{cy,4}?")
    wanted = Counter(window(name, day) for day in days for name in names)
    counts = _take(series, wanted)
    numbers = []
    for day in days:
        current = {name: counts[window(name, day)] for name in names}
        numbers.append(render(series.format, date=day, counts=current))
        for name in names:
            counts[window(name, day)] += 1
    return numbers


def preview_number(series: NumberSeries, day: date) -> str:
    """The number a posting would take now; somebody else may take it first."""
    stored = dict(
        NumberCounter.objects.filter(
            series=series, window__in=[window(name, day) for name in COUNTERS]
        ).values_list("window", "count")
    )
    counts = {name: stored.get(window(name, day), 0) for name in counters_in(series.format)}
    return render(series.format, date=day, counts=counts)


def _take(series: NumberSeries, wanted: Mapping[str, int]) -> dict[str, int]:
    """Count all windows on, always in the same order; return what they stood at before."""
    windows = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO invoicing_numbercounter AS counter (tenant_id, series_id, "window", count)
            SELECT %s, %s, * FROM unnest(%s::text[], %s::bigint[])
            ON CONFLICT (tenant_id, series_id, "window")
                DO UPDATE SET count = counter.count + excluded.count
            RETURNING "window", count
            """,
            [current_tenant_id(), series.pk, windows, [wanted[name] for name in windows]],
        )
        return {name: count - wanted[name] for name, count in cursor.fetchall()}
