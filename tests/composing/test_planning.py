"""Each level of lines by literal amounts."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO, round_money
from invoicing.domain.composing.options import (
    EVERY_ENTRY,
    STANDARD,
    Dimension,
    Level,
    LineOptions,
    Order,
    TextOf,
)
from invoicing.domain.composing.planning import Work
from invoicing.domain.composing.rounding import STEPS, Rounding
from invoicing.errors import DayLengthImpossible, OptionsUnreadable, PlaceholderUnknown
from invoicing.models import Unit
from tenants.billing_terms import RoundingDirection, RoundingPer
from tests.composing.works import REDUCED, plan, work

ONE = LineOptions(level=Level.ONE, dimensions=())
WORKS = [
    work(90, day=5, task=1, description="Logo"),
    work(30, day=12, task=2, description="Fixes"),
    work(60, day=5, member=2, task=1, project=2),
    work(20, day=31, member=2, description="Call"),
]


def told(
    options: LineOptions, works: list[Work] = WORKS, **rules: Any
) -> list[tuple[str, str, str]]:
    """Text, quantity × price, net."""
    return [
        (line.text, f"{line.quantity.normalize():f} × {line.unit_price:f}", f"{line.net:f}")
        for line in plan(works, options, **rules)
    ]


def test_the_standard_is_a_line_per_project_and_person() -> None:
    assert told(STANDARD) == [
        ("Audit · Pekka", "1 × 100", "100.00"),
        ("Website · Aino", "2 × 100", "200.00"),
        ("Website · Pekka", "0.333333 × 100", "33.33"),
    ]


def test_every_entry_is_a_line_in_the_order_of_days() -> None:
    assert told(EVERY_ENTRY) == [
        ("Logo", "1.5 × 100", "150.00"),
        ("Audit", "1 × 100", "100.00"),  # without a description the project's name
        ("Fixes", "0.5 × 100", "50.00"),
        ("Call", "0.333333 × 100", "33.33"),
    ]


@pytest.mark.parametrize(
    ("dimensions", "lines"),
    [
        (["person"], [("Aino", "200.00"), ("Pekka", "133.33")]),
        (["task"], [("Without a task", "33.33"), ("Design", "250.00"), ("Tests", "50.00")]),
        (["project"], [("Audit", "100.00"), ("Website", "233.33")]),
        (
            ["day"],
            [("5 Oct 2026", "250.00"), ("12 Oct 2026", "50.00"), ("31 Oct 2026", "33.33")],
        ),
        (
            ["week"],
            [("Week 41/2026", "250.00"), ("Week 42/2026", "50.00"), ("Week 44/2026", "33.33")],
        ),
        (["month"], [("October 2026", "333.33")]),
        (["rate"], [("€100.00/h", "333.33")]),
        (
            ["project", "task"],
            [
                ("Audit · Design", "100.00"),
                ("Website · Without a task", "33.33"),
                ("Website · Design", "150.00"),
                ("Website · Tests", "50.00"),
            ],
        ),
        (
            ["task", "person"],
            [
                ("Without a task · Pekka", "33.33"),
                ("Design · Aino", "150.00"),
                ("Design · Pekka", "100.00"),
                ("Tests · Aino", "50.00"),
            ],
        ),
    ],
)
def test_sums(dimensions: list[str], lines: list[tuple[str, str]]) -> None:
    options = LineOptions(dimensions=tuple(Dimension(name) for name in dimensions))
    assert [(text, net) for text, _price, net in told(options)] == lines


def test_iso_weeks_belong_to_their_own_year() -> None:
    works = [work(day=date(2026, 12, 31)), work(day=date(2027, 1, 1)), work(day=date(2027, 1, 4))]
    lines = told(LineOptions(dimensions=(Dimension.WEEK,)), works)
    assert [line[0] for line in lines] == ["Week 53/2026", "Week 1/2027"]


@pytest.mark.parametrize("pair", list(combinations(Dimension, 2)))
def test_any_two_dimensions_can_be_combined(pair: tuple[Dimension, Dimension]) -> None:
    for dimensions in (pair, pair[::-1]):
        lines = plan(WORKS, LineOptions(dimensions=dimensions))
        assert sum(line.minutes for line in lines) == 200
        # A third of an hour is rounded once, wherever it lands.
        assert sum(line.net for line in lines) == Decimal("333.33")


def test_everything_in_one_line_of_one_rate_has_a_quantity() -> None:
    assert told(ONE) == [("Website, Audit", "3.333333 × 100", "333.33")]


def test_everything_in_one_line_of_two_rates_is_an_amount() -> None:
    [line] = plan([work(90, rate="95.50"), work(20, rate="80")], ONE)
    assert (line.quantity, line.unit, line.unit_price, line.net) == (
        Decimal(1),
        Unit.PIECE,
        Decimal("169.92"),  # 143.25 + 26.67
        Decimal("169.92"),
    )
    assert (line.is_lump, line.billed_minutes) == (True, 110)


def test_different_rates_split_a_sum_the_dearer_first() -> None:
    works = [work(60, rate="80"), work(30, rate="95.50"), work(60, rate="80")]
    assert told(LineOptions(dimensions=(Dimension.PERSON,)), works) == [
        ("Aino", "0.5 × 95.50", "47.75"),
        ("Aino", "2 × 80", "160.00"),
    ]


def test_different_rates_share_a_sum_when_asked_to() -> None:
    works = [work(60, rate="80"), work(30, rate="95.50"), work(45, member=2)]
    options = LineOptions(dimensions=(Dimension.PERSON,), is_lump=True)
    assert told(options, works) == [
        ("Aino", "1 × 127.75", "127.75"),
        ("Pekka", "0.75 × 100", "75.00"),
    ]


@pytest.mark.parametrize("options", [ONE, replace(STANDARD, dimensions=(Dimension.PERSON,))])
def test_different_taxes_never_share_a_line(options: LineOptions) -> None:
    works = [work(60), work(60, project=2)]
    lines = plan(works, options, taxes={2: REDUCED})
    assert [(line.tax_rate.percent, line.net) for line in lines] == [
        (Decimal("25.5"), Decimal("100.00")),
        (Decimal(10), Decimal("100.00")),
    ]


@pytest.mark.parametrize(
    ("minutes", "day", "quantity", "net"),
    [
        (480, "8", "1", "800.00"),
        (380, "8", "0.791667", "633.33"),  # 6 h 20 min
        (450, "7.5", "1", "750.00"),
        (60, "7.25", "0.137931", "100.00"),
        (1, "8", "0.002083", "1.67"),
    ],
)
def test_days(minutes: int, day: str, quantity: str, net: str) -> None:
    [line] = plan([work(minutes)], replace(ONE, unit=Unit.DAY), hours_per_day=day)
    assert (line.quantity, line.net) == (Decimal(quantity), Decimal(net))
    assert line.unit_price == Decimal(day) * 100
    assert round_money(line.quantity * line.unit_price, "EUR") == line.net


def test_the_length_of_a_day_can_be_told_for_this_draft() -> None:
    options = replace(ONE, unit=Unit.DAY, hours_per_day=Decimal(6))
    assert told(options, [work(360)]) == [("Website", "1 × 600", "600.00")]


@pytest.mark.parametrize("hours", ["0", "-1", "24.01", "100"])
def test_a_day_of_no_length_is_refused(hours: str) -> None:
    with pytest.raises(DayLengthImpossible):
        replace(ONE, hours_per_day=Decimal(hours))


def test_where_no_quantity_gives_the_amount_the_amount_counts() -> None:
    [line] = plan([work(20, rate="95000"), work(20, rate="95000")], ONE)
    assert (line.quantity, line.unit_price, line.net) == (
        Decimal(1),
        Decimal("63333.33"),
        Decimal("63333.33"),
    )
    assert line.billed_minutes == 40


@pytest.mark.parametrize(("currency", "net"), [("EUR", "31.67"), ("JPY", "32"), ("KWD", "31.667")])
def test_amounts_have_the_currencys_places(currency: str, net: str) -> None:
    [line] = plan([work(20, rate="95")], ONE, currency=currency)
    assert line.net == Decimal(net)


def test_each_projects_rounding_holds_for_its_entries() -> None:
    works = [work(20), work(20, project=2)]
    lines = plan(works, STANDARD, roundings={2: Rounding(step=30)})
    assert [(line.text, line.minutes, line.billed_minutes, line.net) for line in lines] == [
        ("Audit · Aino", 20, 30, Decimal("50.00")),
        ("Website · Aino", 20, 20, Decimal("33.33")),
    ]


def test_a_rounding_told_for_this_draft_comes_before_the_projects() -> None:
    options = replace(ONE, rounding=Rounding(step=0))
    [line] = plan([work(20)], options, roundings={1: Rounding(step=60)})
    assert line.billed_minutes == 20


def test_a_line_is_rounded_as_a_whole() -> None:
    rule = Rounding(step=60, per=RoundingPer.LINE)
    [line] = plan([work(20), work(20), work(25)], replace(ONE, rounding=rule))
    assert (line.minutes, line.billed_minutes, line.net) == (65, 120, Decimal("200.00"))


@pytest.mark.parametrize(
    ("order", "texts"),
    [
        (Order.DATE, ["Logo", "Audit", "Fixes", "Call"]),
        (Order.GROUP, ["Logo", "Audit", "Fixes", "Call"]),
        (Order.PERSON, ["Logo", "Fixes", "Audit", "Call"]),
        (Order.TASK, ["Call", "Logo", "Audit", "Fixes"]),
        (Order.AMOUNT, ["Logo", "Audit", "Fixes", "Call"]),
    ],
)
def test_orders(order: Order, texts: list[str]) -> None:
    assert [line[0] for line in told(replace(EVERY_ENTRY, order=order))] == texts


def test_lines_by_group_stand_by_name_and_dates_by_the_calendar() -> None:
    works = [work(day=day, member=member) for day in (30, 4, 12) for member in (2, 1)]
    options = LineOptions(dimensions=(Dimension.DAY, Dimension.PERSON))
    assert [line[0] for line in told(options, works)] == [
        "4 Oct 2026 · Aino",
        "4 Oct 2026 · Pekka",
        "12 Oct 2026 · Aino",
        "12 Oct 2026 · Pekka",
        "30 Oct 2026 · Aino",
        "30 Oct 2026 · Pekka",
    ]


@pytest.mark.parametrize(
    ("text", "told_texts"),
    [
        (TextOf.PROJECT, ["Website", "Website, Audit"]),
        (TextOf.PERSON, ["Aino", "Pekka"]),
        (TextOf.TASK, ["Design, Tests", "Design"]),
        (TextOf.DESCRIPTION, ["Logo, Fixes", "Call"]),
        (TextOf.GROUP, ["Aino", "Pekka"]),
    ],
)
def test_texts(text: TextOf, told_texts: list[str]) -> None:
    options = LineOptions(dimensions=(Dimension.PERSON,), text=text)
    lines = [line[0].replace("Audit, Website", "Website, Audit") for line in told(options)]
    assert lines == told_texts


def test_a_pattern_is_filled_for_each_line() -> None:
    options = LineOptions(
        dimensions=(Dimension.PERSON,),
        text=TextOf.PATTERN,
        pattern="{project} · {person} ({from}–{to})",
    )
    assert [line[0] for line in told(options, language="fi")] == [
        "Website · Aino (5.10.2026–12.10.2026)",
        "Audit, Website · Pekka (5.10.2026–31.10.2026)",
    ]


def test_a_pattern_is_checked_before_anything_is_planned() -> None:
    with pytest.raises(PlaceholderUnknown):
        LineOptions(text=TextOf.PATTERN, pattern="{nobody}")


@pytest.mark.parametrize(
    "options",
    [
        STANDARD,
        EVERY_ENTRY,
        ONE,
        LineOptions(
            dimensions=(Dimension.WEEK,),
            text=TextOf.PATTERN,
            pattern="{week}",
            unit=Unit.DAY,
            rounding=Rounding(step=15, direction=RoundingDirection.NEAREST, per=RoundingPer.DAY),
            hours_per_day=Decimal("7.5"),
            order=Order.AMOUNT,
            is_lump=True,
        ),
    ],
)
def test_options_are_kept_as_json(options: LineOptions) -> None:
    assert LineOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


@pytest.mark.parametrize(
    "changed",
    [
        {"level": "none"},
        {"dimensions": []},
        {"dimensions": ["person", "task", "day"]},
        {"dimensions": "person"},
        {"unit": "C62"},
        {"rounding": {"step": 7, "direction": "up", "per": "entry", "minimum": 0}},
        {"rounding": {"step": 15}},
        {"order": None},
        {"hours_per_day": "eight"},
    ],
)
def test_what_is_no_choice_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(OptionsUnreadable):
        LineOptions.from_json({**STANDARD.to_json(), **changed})


works_of_any_kind = st.lists(
    st.builds(
        work,
        st.integers(1, 1440),
        day=st.integers(1, 28),
        member=st.integers(1, 2),
        project=st.integers(1, 2),
        task=st.sampled_from([None, 1, 2]),
        rate=st.decimals(0, 500, places=2).map(str),
    ),
    min_size=1,
    max_size=15,
)
options_of_any_kind = st.builds(
    lambda level, dimensions, unit, rule, is_lump, order: LineOptions(
        level=level,
        dimensions=tuple(dimensions) if level == Level.SUM else (),
        unit=unit,
        rounding=rule,
        is_lump=is_lump,
        order=order,
    ),
    st.sampled_from(list(Level)),
    st.lists(st.sampled_from(list(Dimension)), min_size=1, max_size=2, unique=True),
    st.sampled_from([Unit.HOUR, Unit.DAY]),
    st.builds(
        Rounding,
        step=st.sampled_from(STEPS),
        direction=st.sampled_from(list(RoundingDirection)),
        per=st.sampled_from(list(RoundingPer)),
        minimum=st.sampled_from([0, 15]),
    ),
    st.booleans(),
    st.sampled_from(list(Order)),
)


@given(works_of_any_kind, options_of_any_kind, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_no_work_is_lost_and_every_price_gives_its_amount(
    works: list[Work],
    options: LineOptions,
    currency: str,
) -> None:
    lines = plan(works, options, currency=currency)

    assert sorted(entry.id for line in lines for entry in line.entries) == sorted(
        entry.id for entry in works
    )
    for line in lines:
        assert round_money(line.quantity * line.unit_price, currency) == line.net
        assert line.minutes == sum(entry.minutes for entry in line.entries)
        assert line.text
        if not line.is_lump:
            assert len({entry.rate for entry in line.entries}) == 1
    if options.rounding == Rounding() and options.level == Level.ENTRY:
        exact = sum((entry.minutes * entry.rate / 60 for entry in works), ZERO)
        assert abs(sum(line.net for line in lines) - exact) <= len(works)
    assert plan(works, options, currency=currency) == lines
