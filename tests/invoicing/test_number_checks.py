"""What is refused before a format is saved, why, and what is offered instead."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invoicing.domain.numbering.checking import Use, faults_of, longest
from invoicing.domain.numbering.formats import TOKENS, parse
from invoicing.domain.numbering.targets import Target

USE = Use(longest_name=30, longest_number=6, longest_staff_number=4)
NETVISOR = Use(
    longest_name=30,
    longest_number=6,
    longest_staff_number=4,
    targets=(Target("documents and e-invoices"), Target("Netvisor", 15, digits_only=True)),
)
LETTERED = Use(longest_number=6, numbers_are_digits=False, targets=NETVISOR.targets)


@pytest.mark.parametrize(
    "number_format",
    [
        "{Y}-{cy,4}",
        "CN-{Y}-{cy,4}",
        "{Y}{cy,4}",
        "{Y}/{cy,3}",
        "{Y}/{cy+73,3}",
        "{c}",
        "{c,6}",
        "R{c+1000}",
        "{date}-{cd,2}",
        "{y}{M}{D}-{cd}",
        "{Y}{M}-{cm,3}",
        "{Y}-{m}-{cm}",
        "{YY-1}-{cy}",
        "{MM}.{Y}.{cm}",
        "{cnumber}-{cc}",
        "{cnumber}-{Y}-{ccy,3}",
        "{cnumber}{ccy,3}{Y}",
        "{cname}-{c}",
        "{uid}-{cu}",
        "U{uid}-{Y}-{cuy,3}",
        "{ustaff}/{c,5}",
        "{cy-1}-{Y}",
        "{c}-{cc}-{cu}",
        "Rechnung Nr. {Y}-{cy,4} (DE)",
    ],
)
def test_what_may_be_saved(number_format: str) -> None:
    assert faults_of(number_format, USE) == []


@pytest.mark.parametrize(
    ("number_format", "code", "words", "repair"),
    [
        # Not understood.
        ("{Y}-{CY,4}", "UnknownToken", "There is no token {CY,4}.", "{Y}-{cy}"),
        ("{year}-{cy}", "UnknownToken", "There is no token {year}.", "{Y}-{cy}"),
        ("{customer}-{cc}", "UnknownToken", "{customer}", "{cnumber}-{cc}"),
        ("{Y}-{number}", "UnknownToken", "{number}", "{Y}-{c}"),
        ("{Y}-{cny}-{c}", "UnknownToken", "{cny}", "{Y}-{cy}-{c}"),
        ("{Y}-{}{c}", "UnknownToken", "{}", "{Y}-{c}"),
        ("{Y}-{c}}", "BraceInText", "The brace at character 8", "{Y}-{c}"),
        ("{Y-{c}", "BraceInText", "The brace at character 1 ", "Y-{c}"),
        ("{cy, 4}{Y}", "MalformedToken", "{cy, 4} is written wrongly", "{cy,4}{Y}"),
        ("{Y}-{cy4}", "MalformedToken", "{cy4}", "{Y}-{cy,4}"),
        ("{Y}-{cy,04}", "MalformedToken", "{cy,04}", "{Y}-{cy,4}"),
        ("{Y}-{cy,3,5}", "MalformedToken", "{cy,3,5}", "{Y}-{cy,5}"),
        ("{Y}-{cy + 72, 3}", "MalformedToken", "{cy + 72, 3}", "{Y}-{cy+72,3}"),
        ("{Y}-{cy;}", "MalformedToken", "{cy;}", "{Y}-{cy}"),
        ("{Y+1}-{cy}", "OffsetWithoutCounter", "{Y+1} can take a width", "{YY+1}-{cy}"),
        ("{cnumber-2}-{cc}", "OffsetWithoutCounter", "{cnumber-2}", "{cnumber}-{cc}"),
        # Cannot move.
        ("", "still", "a counter is missing", "{Y}-{cy,4}"),
        ("{Y}", "still", "a counter is missing", "{Y}-{cy,4}"),
        ("Invoice", "still", "a counter is missing", "Invoice-{c,4}"),
        ("{cnumber}-{date}", "still", "a counter is missing", "{cnumber}-{date}-{cy,4}"),
        # Comes about twice.
        ("{cc}", "repeats", "anew for each customer", "{cnumber}-{cc}"),
        ("{Y}-{ccy,3}", "repeats", "anew for each customer", "{cnumber}-{Y}-{ccy,3}"),
        ("{cname}-{cc}", "repeats", "Two customers may have the same name",
         "{cnumber}-{cname}-{cc}"),
        ("{ustaff}-{cu}", "repeats", "The staff number can be empty", "{uid}-{ustaff}-{cu}"),
        ("{cy,4}", "repeats", "anew every year", "{Y}-{cy,4}"),
        ("{M}-{cy,4}", "repeats", "anew every year", "{Y}-{M}-{cy,4}"),
        ("{cm,4}", "repeats", "anew every month", "{Y}{M}-{cm,4}"),
        ("{Y}-{cm,3}", "repeats", "anew every month", "{Y}{M}-{cm,3}"),
        ("{M}-{cm,3}", "repeats", "anew every month", "{Y}-{M}-{cm,3}"),
        ("{Y}{M}-{cd}", "repeats", "anew every day", "{Y}{D}{M}-{cd}"),
        ("{D}.{M}.-{cd}", "repeats", "anew every day", "{Y}-{D}.{M}.-{cd}"),
        ("{Y}-{cuy}", "repeats", "anew for each user", "{uid}-{Y}-{cuy}"),
        ("{ccd,2}", "repeats", "anew for each customer", "{cnumber}-{Y}{M}{D}-{ccd,2}"),
        # Digits that run into each other.
        ("{cnumber}{cc}", "ambiguous", "{cnumber} and {cc} have no fixed length",
         "{cnumber}-{cc}"),
        ("{Y}{m}{cm}", "ambiguous", "{m} and {cm}", "{Y}{m}-{cm}"),
        ("{Y}{cy}{m}", "ambiguous", "{cy} and {m}", "{Y}{cy}-{m}"),
        ("{uid}2{cu}", "ambiguous", "{uid} and {cu}", "{uid}2-{cu}"),
        # Negative.
        ("{c-2}", "negative", "{c-2} would be negative (-1)", "{c}"),
        ("{Y}/{cy-72,3}", "negative", "when the counter begins anew (-71)", "{Y}/{cy,3}"),
        ("{cnumber}-{cc-2}", "negative", "begins anew (-1)", "{cnumber}-{cc}"),
        ("{MM-3}-{Y}-{cy}", "negative", "{MM-3} can be negative (-2)", "{M}-{Y}-{cy}"),
        ("{yy-30}-{cy}", "negative", "{yy-30} can be negative (-4)", "{y}-{cy}"),
        # Too long.
        ("{Y}-{cy,40}", "long", "45 characters, 40 are possible", "{Y}-{cy,4}"),
        ("Our own company's invoice number {Y}-{cy,4}", "long", "44 characters",
         "O{Y}-{cy,4}"),
        ("{cname}-{cnumber}-{ccy,3}-{Y}", "long", "49 characters", "-{cnumber}-{ccy,3}-{Y}"),
    ],
)  # fmt: skip
def test_what_is_refused_why_and_what_instead(
    number_format: str, code: str, words: str, repair: str
) -> None:
    [fault, *_more] = faults_of(number_format, USE)
    assert fault.code == code
    assert words in fault.reason
    assert fault.repair == repair


def test_a_counter_that_never_begins_anew_may_go_back_as_far_as_it_has_come() -> None:
    assert faults_of("{c-72}", Use(counts={"c": 72})) == []
    assert faults_of("{c-73}", Use(counts={"c": 72})) == []
    assert [fault.code for fault in faults_of("{c-74}", Use(counts={"c": 72}))] == ["negative"]


@pytest.mark.parametrize(
    ("number_format", "repair"),
    [
        ("{Y}-{cy,4}", "A-{Y}-{cy,4}"),
        ("{Y}-{cy,5}", "A-{Y}-{cy,5}"),
        ("{YY-1}-{c}", "A-{YY-1}-{c}"),
    ],
)
def test_another_series_of_the_same_shape(number_format: str, repair: str) -> None:
    [fault] = faults_of(number_format, Use(others=[("Abroad", "{Y}-{cy+5,4}")]))
    assert fault.code == "like_another"
    assert "“Abroad” gives the same numbers" in fault.reason
    assert fault.repair == repair


def test_the_sign_that_is_proposed_is_free() -> None:
    others = [("One", "{Y}-{cy}"), ("Two", "A-{Y}-{cy}"), ("Broken", "{")]
    [fault] = faults_of("{Y}-{cy}", Use(others=others))
    assert fault.repair == "B-{Y}-{cy}"
    [fault] = faults_of("{Y}{cy,4}", Use(others=[("One", "{Y}{cy}")], targets=NETVISOR.targets))
    assert fault.repair == "1{Y}{cy,4}"


@pytest.mark.parametrize(
    ("number_format", "use", "code", "words", "repair"),
    [
        ("{Y}-{cy,4}", NETVISOR, "digits", "Netvisor takes numbers of digits alone; “-”",
         "{Y}{cy,4}"),
        ("R{Y}/{m}-{cm}", NETVISOR, "digits", "“R”", "{Y}{M}{cm,4}"),
        ("{cname}{c,4}", NETVISOR, "digits", "{cname} is something else", "{c,4}"),
        ("{cnumber}{cc,3}", LETTERED, "digits", "{cnumber}", "{cc,4}"),
        ("2-{c}", NETVISOR, "digits", "“2-”", "2{c,4}"),
        ("{cnumber}{cc}", NETVISOR, "ambiguous", "no fixed length", "{cnumber,6}{cc,4}"),
        ("{Y}{c,13}", NETVISOR, "long", "17 characters, Netvisor take 15", "{Y}{c,4}"),
        ("{Y}", NETVISOR, "still", "a counter is missing", "{Y}{cy,4}"),
    ],
)  # fmt: skip
def test_what_a_connected_system_demands(
    number_format: str, use: Use, code: str, words: str, repair: str
) -> None:
    [fault, *_more] = faults_of(number_format, use)
    assert (fault.code, fault.repair) == (code, repair)
    assert words in fault.reason


@pytest.mark.parametrize("number_format", ["{Y}{cy,4}", "{c,6}", "{cnumber,6}{cc,4}", "7{y}{cy}"])
def test_what_a_system_of_digits_takes(number_format: str) -> None:
    assert faults_of(number_format, NETVISOR) == []


@pytest.mark.parametrize(
    ("number_format", "worst"),
    [
        ("{Y}-{cy,4}", 11),
        ("{c}", 6),
        ("{c,9}", 9),
        ("{date}{uid}", 13),
        ("{cname}/{cnumber}", 37),
        ("{ustaff,8}", 8),
        ("{MM}{DD}{YY}{yy}", 10),
        ("{MM+900}", 3),
    ],
)
def test_the_longest_number_of_a_format(number_format: str, worst: int) -> None:
    assert longest(parse(number_format), USE) == worst


PIECES = st.one_of(
    st.sampled_from([f"{{{name}}}" for name in TOKENS]),
    st.sampled_from(["{cy,4}", "{cy-3}", "{c+9,2}", "{MM-9}", "{Y+1}", "{foo}", "{cy, 3}", "{", "}",
                     "-", "/", " ", "R", "7", "{cy,35}", "{}"]),
)  # fmt: skip


@example("{date}{Y}{cu}7{cname}{date}{m}", USE)
@given(st.lists(PIECES, max_size=7).map("".join), st.sampled_from([USE, NETVISOR, LETTERED]))
def test_mending_step_by_step_ends_with_a_format_that_may_be_saved(
    number_format: str, use: Use
) -> None:
    seen = []
    while faults := faults_of(number_format, use):
        seen.append(number_format)
        number_format = faults[0].repair
        assert number_format, (seen, faults)
        assert number_format not in seen, seen
        assert len(seen) < 30, seen
