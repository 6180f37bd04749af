import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.composing.planning import Work
from invoicing.domain.composing.rounding import STEPS, Rounding, billed_minutes, line_minutes
from tenants.billing_terms import RoundingDirection, RoundingPer
from tests.composing.works import work

UP, DOWN, NEAREST = RoundingDirection.UP, RoundingDirection.DOWN, RoundingDirection.NEAREST


@pytest.mark.parametrize(
    ("step", "direction", "minutes", "billed"),
    [
        (0, UP, 7, 7),
        (5, UP, 1, 5),
        (5, UP, 5, 5),
        (5, UP, 6, 10),
        (5, DOWN, 9, 5),
        (5, DOWN, 4, 0),
        (5, NEAREST, 7, 5),
        (5, NEAREST, 8, 10),
        (6, UP, 61, 66),
        (6, DOWN, 61, 60),
        (6, NEAREST, 62, 60),
        (6, NEAREST, 63, 66),
        (10, UP, 11, 20),
        (10, DOWN, 19, 10),
        (10, NEAREST, 14, 10),
        (10, NEAREST, 15, 20),
        (15, UP, 46, 60),
        (15, DOWN, 59, 45),
        (15, NEAREST, 52, 45),
        (15, NEAREST, 53, 60),
        (30, UP, 31, 60),
        (30, DOWN, 59, 30),
        (30, NEAREST, 44, 30),
        (30, NEAREST, 45, 60),
        (60, UP, 61, 120),
        (60, DOWN, 119, 60),
        (60, NEAREST, 89, 60),
        (60, NEAREST, 90, 120),
    ],
)
def test_each_entry(step: int, direction: RoundingDirection, minutes: int, billed: int) -> None:
    rule = Rounding(step=step, direction=direction)
    assert billed_minutes([work(minutes)], rule) == [billed]


@pytest.mark.parametrize("step", [step for step in STEPS if step])
@pytest.mark.parametrize("direction", list(RoundingDirection))
@pytest.mark.parametrize("times", [1, 2, 5, 24])
def test_exact_multiples_do_not_move(step: int, direction: RoundingDirection, times: int) -> None:
    assert Rounding(step=step, direction=direction).apply(step * times) == step * times


@pytest.mark.parametrize(
    ("minutes", "minimum", "step", "billed"),
    [(5, 15, 0, 15), (20, 15, 0, 20), (5, 15, 30, 30), (31, 15, 30, 60), (5, 0, 30, 30)],
)
def test_the_minimum_comes_before_the_rounding(
    minutes: int, minimum: int, step: int, billed: int
) -> None:
    assert billed_minutes([work(minutes)], Rounding(step=step, minimum=minimum)) == [billed]


def test_a_day_of_a_person_on_a_project_is_rounded_as_one() -> None:
    entries = [work(20, id=1), work(50, id=2), work(20, member=2), work(20, day=6)]
    rule = Rounding(step=30, per=RoundingPer.DAY)
    # 70 -> 90: the longest entry of the day takes the difference.
    assert billed_minutes(entries, rule) == [20, 70, 30, 30]


def test_the_same_day_on_another_project_is_another_day() -> None:
    entries = [work(20), work(20, project=2)]
    assert billed_minutes(entries, Rounding(step=30, per=RoundingPer.DAY)) == [30, 30]


def test_a_day_rounded_down_to_nothing_leaves_no_entry_negative() -> None:
    entries = [work(10, id=1), work(5, id=2), work(7, id=3)]
    rule = Rounding(step=60, direction=DOWN, per=RoundingPer.DAY)
    assert billed_minutes(entries, rule) == [0, 0, 0]


def test_a_line_is_rounded_once() -> None:
    entries = [work(20), work(20), work(25)]
    rule = Rounding(step=60, per=RoundingPer.LINE)
    assert line_minutes(billed_minutes(entries, rule), rule) == 120


def test_the_minimum_counts_for_each_entry_of_a_line() -> None:
    rule = Rounding(step=15, per=RoundingPer.LINE, minimum=10)
    assert line_minutes(billed_minutes([work(2), work(3)], rule), rule) == 30


rules = st.builds(
    Rounding,
    step=st.sampled_from(STEPS),
    direction=st.sampled_from(list(RoundingDirection)),
    per=st.sampled_from(list(RoundingPer)),
    minimum=st.integers(0, 90),
)
entries = st.lists(
    st.builds(work, st.integers(1, 1440), day=st.integers(1, 3), member=st.integers(1, 2)),
    min_size=1,
    max_size=12,
)


@given(entries, rules)
def test_rounding_keeps_near_the_work(found: list[Work], rule: Rounding) -> None:
    billed = billed_minutes(found, rule)
    least = [max(entry.minutes, rule.minimum) for entry in found]
    assert all(minutes >= 0 for minutes in billed)
    if rule.direction == UP:
        assert all(now >= before for now, before in zip(billed, least, strict=True))
    if rule.per == RoundingPer.ENTRY:
        pairs = zip(billed, least, strict=True)
        assert all(abs(now - before) < max(rule.step, 1) for now, before in pairs)
    days: dict[object, int] = {}
    for entry, now, before in zip(found, billed, least, strict=True):
        key = (entry.member_id, entry.work_date)
        days[key] = days.get(key, 0) + now - before
    if rule.per == RoundingPer.DAY:
        assert all(abs(difference) < max(rule.step, 1) for difference in days.values())
    if rule.per == RoundingPer.LINE:
        assert billed == least
