"""The language of number formats, by literal examples; all counts and dates are those given."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing import errors
from invoicing.domain.numbering import render
from invoicing.domain.numbering.formats import COUNTERS, SHIFTED, TOKENS, Token, count_before, parse

JULY = date(2019, 7, 9)
NOVEMBER = date(2026, 11, 21)
BUYER = SimpleNamespace(name="Acme company", number="0815")
MAKER = SimpleNamespace(id=13, staff_number="4711")


def number(number_format: str, count: int = 0, *, day: date = JULY, **fields: Any) -> str:
    """With the same count in every window."""
    counts = fields.pop("counts", dict.fromkeys(COUNTERS, count))
    return render(
        number_format, **{"date": day, "counts": counts, "customer": BUYER, "user": MAKER, **fields}
    )


@pytest.mark.parametrize(
    ("number_format", "expected"),
    [
        # The manual's examples of 9 July 2019.
        ("{date}", "190709"),
        ("{Y}", "2019"),
        ("{y}", "19"),
        ("{M}", "07"),
        ("{m}", "7"),
        ("{D}", "09"),
        ("{d}", "9"),
        ("{YY}", "2020"),
        ("{yy}", "20"),
        ("{MM}", "8"),
        ("{DD}", "10"),
        ("{cname}", "Acme company"),
        ("{cnumber}", "0815"),
        ("{ustaff}", "4711"),
        ("{uid}", "13"),
        # Text stays as it is.
        ("", ""),
        ("Invoice", "Invoice"),
        ("my-{date} is+cool,really", "my-190709 is+cool,really"),
        ("R.{Y}/{M}/{D}", "R.2019/07/09"),
        ("Ä{Y}ß 100%", "Ä2019ß 100%"),
        ("{Y}{Y}", "20192019"),
        # Offsets of dates are plain additions; nothing and 0 count as 1.
        ("{YY+1}", "2020"),
        ("{YY+0}", "2020"),
        ("{YY-0}", "2020"),
        ("{YY+5}", "2024"),
        ("{YY-1}", "2018"),
        ("{YY+3-3}", "2020"),
        ("{YY+3-2}", "2020"),
        ("{YY+3-5}", "2017"),
        ("{yy-1}", "18"),
        ("{yy+81}", "100"),
        ("{MM-1}", "6"),
        ("{MM-7}", "0"),
        ("{MM+6}", "13"),
        ("{MM+1+1+1}", "10"),
        ("{DD-9}", "0"),
        ("{DD+30}", "39"),
        ("{DD-1+1}", "10"),
        # Widths pad with zeros and never cut.
        ("{date,8}", "00190709"),
        ("{date,3}", "190709"),
        ("{Y,6}", "002019"),
        ("{Y,2}", "2019"),
        ("{M,3}", "007"),
        ("{m,2}", "07"),
        ("{m,1}", "7"),
        ("{m,0}", "7"),
        ("{d,3}", "009"),
        ("{MM,2}", "08"),
        ("{MM-1,3}", "006"),
        ("{MM,3-1}", "006"),
        ("{cname,15}", "000Acme company"),
        ("{cnumber,6}", "000815"),
        ("{ustaff,2}", "4711"),
        ("{uid,5}", "00013"),
        ("{c,12}", "000000000001"),
    ],
)
def test_what_a_format_gives_on_9_july_2019(number_format: str, expected: str) -> None:
    assert number(number_format) == expected


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize(
    ("modifiers", "count", "shown"),
    [
        ("", 0, "1"),
        ("", 1, "2"),
        ("", 72, "73"),
        ("", 9999, "10000"),
        ("+0", 2, "3"),
        ("-0", 2, "3"),
        ("+1", 2, "3"),
        ("+2", 1, "3"),
        ("+4", 1, "5"),
        ("+13", 1, "14"),
        ("+73", 0, "73"),
        ("+72", 0, "72"),
        ("+111", 2, "113"),
        ("-1", 1, "1"),
        ("-1", 0, "0"),
        ("-72", 72, "1"),
        ("-72", 73, "2"),
        ("-73", 72, "0"),
        ("-5+13", 1, "9"),
        ("+13-5", 1, "9"),
        ("+3-3", 4, "5"),
        ("+3-4", 4, "4"),
        ("+22+2+2-1-13-4", 1, "9"),
        ("+22+2-2-22", 5, "6"),
        ("-21+22+2-2", 5, "6"),
        (",3", 0, "001"),
        (",3", 998, "999"),
        (",3", 999, "1000"),
        (",1", 41, "42"),
        ("+72,3", 0, "072"),
        (",3+72", 0, "072"),
        ("+70,3+2", 0, "072"),
        ("-72,3", 72, "001"),
        (",3-72", 72, "001"),
        (",3-70-2", 72, "001"),
        ("+0,2", 2, "03"),
        ("+007,3", 0, "007"),
    ],
)
def test_what_a_counter_shows(name: str, modifiers: str, count: int, shown: str) -> None:
    assert number(f"{{{name}{modifiers}}}", count) == shown


@pytest.mark.parametrize(
    ("number_format", "count", "expected"),
    [
        ("{Y}/{cy-72,3}", 72, "2026/001"),
        ("{Y}/{cy+73,3}", 0, "2026/073"),
        ("{Y}-{cy,4}", 0, "2026-0001"),
        ("{Y}{M}-{cm,3}", 4, "202611-005"),
        ("{date}-{cd,2}", 0, "261121-01"),
        ("{cnumber}-{Y}-{ccy,3}", 11, "0815-2026-012"),
        ("{cname}/{cc}", 0, "Acme company/1"),
        ("U{uid}-{cuy,3}", 6, "U13-2026"[:3] + "-007"),
        ("{ustaff}|{cuy}_{Y}-{cy}/{m}", 1, "4711|2_2026-2/11"),
        ("{Y,5}/{cy,5}", 1, "02026/00002"),
        ("{Y}{cy}{m}", 1, "2026211"),
        ("{c}{c}", 8, "99"),
        ("{c}-{c+5}", 8, "9-13"),
    ],
)
def test_whole_formats_on_21_november_2026(number_format: str, count: int, expected: str) -> None:
    assert number(number_format, count, day=NOVEMBER) == expected


def test_each_counter_reads_its_own_count() -> None:
    counts = {name: 10 * place for place, name in enumerate(COUNTERS)}
    for place, name in enumerate(COUNTERS):
        assert number(f"{{{name}}}", counts=counts) == str(10 * place + 1)


def test_a_window_without_a_stored_count_begins_at_one() -> None:
    assert number("{Y}-{cy,4}-{cu}", counts={"cy": 3}) == "2019-0004-1"


@pytest.mark.parametrize(
    ("number_format", "retry", "expected"),
    [
        ("{c}", 0, "6"),
        ("{c}", 1, "7"),
        ("{c}", 99, "105"),
        ("{c+0}", 1, "7"),
        ("{c+3}", 0, "8"),
        ("{c+3}", 2, "10"),
        ("{c-3}", 0, "3"),
        ("{c-3}", 2, "5"),
        ("{c-9}", 3, "0"),
        ("{cy,4}-{cc}", 2, "0008-8"),
        ("{YY}-{MM-1}-{uid}-{c}", 5, "2020-6-13-11"),  # nothing but counters counts on
    ],
)
def test_counting_on_past_taken_numbers(number_format: str, retry: int, expected: str) -> None:
    assert number(number_format, 5, retry=retry) == expected


def test_the_hundredth_number_is_not_tried() -> None:
    with pytest.raises(errors.NumbersUsedUp, match="next 99 numbers are all taken"):
        number("{c}", retry=100)
    with pytest.raises(ValueError, match="forward"):
        number("{c}", retry=-1)


@pytest.mark.parametrize(
    ("number_format", "count"),
    [("{c-2}", 0), ("{cy-72,3}", 70), ("{cu+1-9,4}", 3), ("{MM-8}", 0), ("{DD-10}", 0)],
)
def test_no_number_is_negative(number_format: str, count: int) -> None:
    with pytest.raises(errors.NumberNegative, match=r"would be negative \(-\d+\)"):
        number(number_format, count)


@pytest.mark.parametrize(
    "token",
    ["{}", "{x}", "{cx}", "{YYY}", "{CY}", "{Date}", "{cyy}", "{ cy}", "{,3}", "{+1}", "{1}", "{é}",
     "{cname_}", "{foo,3}", "{ccc}", "{uidd}", "{year}"],
)  # fmt: skip
def test_unknown_tokens(token: str) -> None:
    refused = errors.MalformedToken if token == "{cname_}" else errors.UnknownToken
    with pytest.raises(refused) as caught:
        number(f"{{Y}}-{token}")
    assert isinstance(caught.value, errors.NumberFormatError)
    assert token in str(caught.value)


@pytest.mark.parametrize(
    "token",
    ["{cm-}", "{cm+}", "{cm+-}", "{cm-+}", "{cm+-1}", "{cm-+1}", "{cy,}", "{date,a}", "{M,#}",
     "{cm,+1}", "{cd+111,050}", "{cy ,3}", "{cy, 3}", "{cy,3,4}", "{cy+1.5}", "{cy,-3}", "{cy3}",
     "{cy+٣}", "{cy,³}", "{cy,1000}", "{cy+1234567890123456789}", "{cy;3}", "{c y}", "{cy\n}",
     "{cy*2}", "{cy++2}"],
)  # fmt: skip
def test_malformed_modifiers(token: str) -> None:
    with pytest.raises(errors.MalformedToken) as caught:
        number(f"{{Y}}-{token}")
    assert token in str(caught.value)


@pytest.mark.parametrize("name", [name for name in TOKENS if name not in {*COUNTERS, *SHIFTED}])
@pytest.mark.parametrize("offset", ["+1", "-1", "+0", ",3+2", "+2,3"])
def test_only_counters_and_shifted_dates_take_offsets(name: str, offset: str) -> None:
    with pytest.raises(errors.OffsetWithoutCounter, match="nothing to add or take off"):
        number(f"{{{name}{offset}}}")


@pytest.mark.parametrize(
    ("number_format", "place"),
    [("{", 1), ("}", 1), ("{Y", 1), ("Y}", 2), ("{Y}}", 4), ("{{Y}", 1), ("{{Y}}", 1),
     ("a{b{Y}", 2), ("{Y}-}{cy}", 5), ("{Y}-{cy", 5)],
)  # fmt: skip
def test_braces_in_text(number_format: str, place: int) -> None:
    with pytest.raises(errors.BraceInText, match=f"brace at character {place} "):
        number(number_format)


@pytest.mark.parametrize("token", ["{cname}", "{cnumber}", "{cname,4}", "{cnumber,4}"])
@pytest.mark.parametrize("empty", ["", "  ", None])
def test_a_customer_without_what_the_number_needs(token: str, empty: str | None) -> None:
    nobody = SimpleNamespace(name=empty, number=empty)
    with pytest.raises(errors.CustomerUnnamed, match="Fill it in first"):
        number(f"{token}-{{ccy}}", customer=nobody)


def test_the_customers_own_name_is_told_where_the_number_is_missing() -> None:
    with pytest.raises(errors.CustomerUnnamed, match="for the customer Satama Oy"):
        number("{cnumber}", customer=SimpleNamespace(name="Satama Oy", number=""))


def test_what_is_not_asked_for_may_be_empty() -> None:
    nobody = SimpleNamespace(name="", number="")
    assert number("{Y}-{cc}", customer=nobody) == "2019-1"
    assert number("{ustaff}-{c}", user=SimpleNamespace(id=1, staff_number="")) == "-1"


def test_documents_made_automatically_count_for_user_0() -> None:
    assert number("{uid}/{ustaff}/{cu}", 4, user=None) == "0//5"


def test_what_stands_in_names_is_not_read_as_tokens() -> None:
    odd = SimpleNamespace(name="{cy} 100% \\1", number="{Y}")
    assert number("{cname}-{cnumber}-{c}", customer=odd) == "{cy} 100% \\1-{Y}-1"


def test_years_before_1000_keep_four_digits() -> None:
    assert number("{Y}-{y}-{date}-{YY}", day=date(987, 1, 2)) == "0987-87-870102-988"


MODIFIERS = st.lists(
    st.builds("{}{}".format, st.sampled_from("+-"), st.integers(0, 500)), max_size=4
)
COUNTER = st.sampled_from(sorted(COUNTERS))


@given(COUNTER, MODIFIERS, st.integers(0, 12), st.integers(0, 10**6), st.integers(0, 99))
def test_offsets_add_up_in_any_order(
    name: str, offsets: list[str], width: int, count: int, retry: int
) -> None:
    total = sum(map(int, offsets))
    value = count + retry + (total if total > 0 else 1 + total)
    for written in ([*offsets, f",{width}"], [f",{width}", *reversed(offsets)]):
        token = f"{{{name}{''.join(written)}}}"
        if value < 0:
            with pytest.raises(errors.NumberNegative):
                number(token, count, retry=retry)
        else:
            assert number(token, count, retry=retry) == str(value).zfill(width)


@given(COUNTER, MODIFIERS, st.integers(0, 10**6))
def test_a_shown_value_leads_back_to_its_count(name: str, offsets: list[str], count: int) -> None:
    [token] = parse(f"{{{name}{''.join(offsets)}}}")
    assert isinstance(token, Token)
    shown = count + (token.offset if token.offset > 0 else 1 + token.offset)
    assert count_before(token, shown) == count


@given(
    st.lists(st.text(st.characters(exclude_characters="{}"), max_size=5), max_size=5),
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
)
def test_text_passes_through(texts: list[str], day: date) -> None:
    number_format = "{Y}".join(texts)
    assert number(number_format, day=day) == str(day.year).join(texts)


@given(st.text(st.sampled_from("{}cyumdYMD,+-0123 x"), max_size=20), st.integers(0, 500))
def test_any_text_gives_a_number_or_a_reason(number_format: str, count: int) -> None:
    try:
        found = number(number_format, count)
    except errors.NumberFormatError as refusal:
        found = str(refusal).replace(number_format, "", 1)
        assert len(found) > len("The number format  cannot be used: ")
    else:
        assert not set(found) & set("{}")


@given(st.dates(), COUNTER, st.integers(0, 10**9))
def test_one_document_more_is_one_more(day: date, name: str, count: int) -> None:
    token = f"{{{name}}}"
    first, second = number(token, count, day=day), number(token, count + 1, day=day)
    assert int(second) == int(first) + 1
    assert second == number(token, count, day=day, retry=1)
