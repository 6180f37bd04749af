"""Whether a format may be saved: what is wrong with it, in a sentence, and what would mend it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from invoicing.domain.numbering import repairs
from invoicing.domain.numbering.formats import (
    COUNTERS,
    Part,
    Token,
    counted,
    counters_in,
    leading_counter,
    parse,
    tokens_of,
    told_by,
)
from invoicing.domain.numbering.targets import Target
from invoicing.errors import NumberFormatError

# A counter is taken to reach six digits, a user's id seven.
COUNTER_DIGITS, USER_DIGITS = 6, 7


@dataclass(frozen=True)
class Use:
    """Where a format is to be used, as far as that decides whether it fits.

    `counts`: what counters of the whole company stand at now. `others`: the formats of the other
    series by their names. The longest names and numbers are those there are at present.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    others: Sequence[tuple[str, str]] = ()
    targets: Sequence[Target] = (Target(""),)
    longest_name: int = 0
    longest_number: int = 0
    longest_staff_number: int = 0
    numbers_are_digits: bool = True
    staff_numbers_are_digits: bool = True
    year: int = 2026


@dataclass(frozen=True)
class Fault:
    """Why a format is not saved. `repair` is a whole format, or nothing where none is known."""

    code: str
    reason: str
    repair: str = ""


def faults_of(number_format: str, use: Use) -> list[Fault]:
    """Everything that speaks against saving it, the first to be mended first."""
    try:
        parts = parse(number_format)
    except NumberFormatError as refusal:
        reason = str(refusal.reason) % refusal.params
        code = type(refusal).__name__
        return [Fault(code, _capitalized(reason), repairs.of_language(number_format, refusal))]
    found = [
        *_standing_still(number_format, use),
        *_not_digits(parts, use),
        *_not_unique(number_format, use),
        *_ambiguous(parts, use),
        *_negative(parts, use),
        *_like_another(number_format, use),
        *_too_long(parts, use),
    ]
    return [
        replace(fault, repair="") if fault.repair == number_format else fault for fault in found
    ]


def longest(parts: Sequence[Part], use: Use) -> int:
    """How many characters a number has at worst."""
    return sum(len(part) if isinstance(part, str) else width(part, use) for part in parts)


def width(token: Token, use: Use) -> int:
    return max(token.width, _natural_width(token, use))


def _natural_width(token: Token, use: Use) -> int:
    if token.is_counter:
        most = max(10**COUNTER_DIGITS - 1, counted(token, use.counts.get(token.name, 0)))
        return len(str(most))
    if token.name in ("YY", "yy", "MM", "DD"):
        most = {"YY": 9999, "yy": 99, "MM": 12, "DD": 31}[token.name] + (token.offset or 1)
        usual = {"YY": 4, "yy": 2, "MM": 2, "DD": 2}[token.name]
        return usual if token.offset < 100 else len(str(most))
    return {
        "date": 6,
        "Y": 4,
        "cname": use.longest_name,
        "cnumber": use.longest_number,
        "ustaff": use.longest_staff_number,
        "uid": USER_DIGITS,
    }.get(token.name, 2)


def _standing_still(number_format: str, use: Use) -> Iterator[Fault]:
    if not counters_in(number_format):
        yield Fault(
            "still",
            _("Every document would have the same number: a counter is missing."),
            repairs.with_counter(number_format, digits_only=_digits_only(use)),
        )


def _not_unique(number_format: str, use: Use) -> Iterator[Fault]:
    name = leading_counter(number_format)
    if not name:
        return
    names = tokens_of(number_format)
    missing = [part for part in COUNTERS[name] if part not in told_by(names)]
    if not missing:
        return
    sentences = {
        "customer": _("{%(counter)s} begins anew for each customer, and the number does not say"
                      " which one it is."),
        "user": _("{%(counter)s} begins anew for each user, and the number does not say which one"
                  " it is."),
        "year": _("{%(counter)s} begins anew every year, and the number does not say which year"
                  " it is."),
        "month": _("{%(counter)s} begins anew every month, and the number does not say which month"
                   " of which year it is."),
        "day": _("{%(counter)s} begins anew every day, and the number does not say which day of"
                 " which month and year it is."),
    }  # fmt: skip
    reason = sentences[missing[0]] % {"counter": name}
    if missing[0] == "customer" and "cname" in names:
        reason += " " + _("Two customers may have the same name; their numbers differ.")
    if missing[0] == "user" and "ustaff" in names:
        reason += " " + _("The staff number can be empty; the id never is.")
    repair = repairs.naming(number_format, missing, digits_only=_digits_only(use))
    if _digits_only(use) and "customer" in missing and not use.numbers_are_digits:
        repair = repairs.with_counter("", digits_only=True)
    yield Fault("repeats", reason, repair)


def _ambiguous(parts: Sequence[Part], use: Use) -> Iterator[Fault]:
    """Two tokens of varying length with nothing between them that tells where one ends: customer
    1 with 11 documents would have the number of customer 11 with one."""
    varying: Token | None = None
    for part in parts:
        if isinstance(part, str):
            if any(not char.isdigit() for char in part):
                varying = None
        elif _varies(part, use):
            if varying is not None:
                yield Fault(
                    "ambiguous",
                    _("%(one)s and %(other)s have no fixed length, so the same digits can come"
                      " about twice.")
                    % {"one": varying.text, "other": part.text},
                    repairs.apart(
                        parts,
                        part,
                        digits_only=_digits_only(use),
                        width_of=lambda token: width(token, use),
                    ),
                )  # fmt: skip
                return
            varying = part


def _varies(token: Token, use: Use) -> bool:
    if token.is_counter:
        return token.width < 3
    if token.name in ("m", "d", "MM", "DD", "yy"):
        return token.width < 2
    if token.name == "uid":
        return token.width < 4
    if token.name in ("cname", "cnumber", "ustaff"):
        return token.width < _natural_width(token, use) or token.name == "cname"
    return False


def _negative(parts: Sequence[Part], use: Use) -> Iterator[Fault]:
    for part in parts:
        if isinstance(part, str) or part.offset >= 0:
            continue
        if part.is_counter:
            # A counter that begins anew begins at 0; one that never does goes on from here.
            ever = COUNTERS[part.name] == ("", "")
            least = counted(part, use.counts.get(part.name, 0) if ever else 0)
            if ever:
                reason = _("%(token)s would be negative (%(least)s).")
            else:
                reason = _("%(token)s will be negative when the counter begins anew (%(least)s).")
        else:
            least = {"YY": use.year, "yy": use.year % 100}.get(part.name, 1) + part.offset
            reason = _("%(token)s can be negative (%(least)s).")
        if least < 0:
            yield Fault(
                "negative",
                reason % {"token": part.text, "least": least},
                repairs.without_offset(parts, part),
            )
            return


def _like_another(number_format: str, use: Use) -> Iterator[Fault]:
    shapes = {_shape(other): name for name, other in use.others}
    if name := shapes.get(_shape(number_format)):
        yield Fault(
            "like_another",
            _(
                "The series “%(name)s” gives the same numbers. Put something of its own into"
                " this one."
            )
            % {"name": name},
            repairs.set_apart(
                number_format,
                digits_only=_digits_only(use),
                is_free=lambda text: _shape(text) not in shapes,
            ),
        )


def _shape(number_format: str) -> str:
    """Equal for formats that sooner or later give the same number. Offsets only shift it."""
    try:
        parts = parse(number_format)
    except NumberFormatError:
        return number_format
    kinds = {"M": "m", "D": "d", "YY": "Y", "MM": "m", "DD": "d", "yy": "y"}
    shape = []
    for part in parts:
        if isinstance(part, str):
            shape.append(part)
        elif part.is_counter:
            shape.append("{#}")
        else:
            shape.append(f"{{{kinds.get(part.name, part.name)}}}")
    return "".join(shape)


def _not_digits(parts: Sequence[Part], use: Use) -> Iterator[Fault]:
    target = next((target for target in use.targets if target.digits_only), None)
    if target is None:
        return
    wrong = next((_shown(part) for part in parts if not _gives_digits(part, use)), "")
    if wrong:
        yield Fault(
            "digits",
            _("%(target)s takes numbers of digits alone; %(part)s is something else.")
            % {"target": target.name, "part": wrong},
            repairs.digits(
                parts,
                gives_digits=lambda part: _gives_digits(part, use),
                width_of=lambda token: width(token, use),
            ),
        )


def _gives_digits(part: Part, use: Use) -> bool:
    if isinstance(part, str):
        return part.isascii() and part.isdigit()
    if part.name == "cnumber":
        return use.numbers_are_digits
    if part.name == "ustaff":
        return use.staff_numbers_are_digits
    return part.name != "cname"


def _too_long(parts: Sequence[Part], use: Use) -> Iterator[Fault]:
    worst = longest(parts, use)
    target = min(use.targets, key=lambda target: target.most_characters)
    if worst > target.most_characters:
        sentence = _("A number can have %(worst)s characters, %(most)s are possible.")
        if target.name:
            sentence = _("A number can have %(worst)s characters, %(target)s take %(most)s.")
        yield Fault(
            "long",
            sentence % {"worst": worst, "most": target.most_characters, "target": target.name},
            repairs.shortened(
                parts,
                # What ends in the next fault may lead back here.
                fits=lambda tried: (
                    longest(tried, use) <= target.most_characters
                    and not any(_ambiguous(tried, use))
                ),
                digits_only=_digits_only(use),
            ),
        )


def _digits_only(use: Use) -> bool:
    return any(target.digits_only for target in use.targets)


def _shown(part: Part) -> str:
    return f"“{part}”" if isinstance(part, str) else part.text


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
