"""What a format that is refused could be instead: one step, offered with the reason."""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from invoicing.domain.numbering.formats import (
    COUNTERS,
    SHIFTED,
    TOKENS,
    Part,
    Token,
    tokens_of,
    told_by,
)
from invoicing.errors import (
    BraceInText,
    MalformedToken,
    NumberFormatError,
    OffsetWithoutCounter,
    UnknownToken,
)

# What people write before they have read the list.
MEANT = {
    "year": "Y", "yyyy": "Y", "month": "M", "day": "D", "number": "c", "no": "c", "nr": "c",
    "n": "c", "counter": "c", "count": "c", "seq": "c", "customer": "cnumber", "client": "cnumber",
    "customernumber": "cnumber", "customername": "cname", "user": "uid", "staff": "ustaff",
}  # fmt: skip
SIGNS = {"year": "{Y}", "month": "{M}", "day": "{D}", "customer": "{cnumber}", "user": "{uid}"}
UNSHIFTED = {"YY": "Y", "yy": "y", "MM": "M", "DD": "D"}
SHIFTABLE = {"Y": "YY", "y": "yy", "M": "MM", "m": "MM", "D": "DD", "d": "DD"}


def written(parts: Iterable[Part]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def token(name: str, *, offset: int = 0, width: int = 0) -> Token:
    text = f"{name}{f'{offset:+}' if offset else ''}{f',{width}' if width else ''}"
    return Token(name, offset, width, f"{{{text}}}")


def of_language(number_format: str, refusal: NumberFormatError) -> str:
    """For a format that cannot even be read."""
    if isinstance(refusal, BraceInText):
        at = refusal.params["start"]
        rest = number_format[:at] + number_format[at + 1 :]
        return rest or with_counter("", digits_only=False)
    wrong = str(refusal.params["token"])
    inside = wrong[1:-1]
    name = re.match(r"[A-Za-z]*", inside.strip())
    assert name is not None  # it matches nothing, too
    if isinstance(refusal, UnknownToken):
        better = _meant(name[0])
    elif isinstance(refusal, OffsetWithoutCounter):
        better = re.sub(r"[+-][0-9]+", "", wrong)
        if shifted := SHIFTABLE.get(name[0]):
            better = wrong.replace(name[0], shifted, 1)
    else:
        assert isinstance(refusal, MalformedToken)
        better = _tidied(name[0], inside)
    return number_format.replace(wrong, better, 1) or with_counter("", digits_only=False)


def with_counter(number_format: str, *, digits_only: bool) -> str:
    """Let it move: a counter of the year where the year is told, else one for ever."""
    if not number_format.strip():
        return "{Y}{cy,4}" if digits_only else "{Y}-{cy,4}"
    counter = "{cy,4}" if "year" in told_by(tokens_of(number_format)) else "{c,4}"
    return f"{number_format}{'' if digits_only else '-'}{counter}"


def naming(number_format: str, missing: Sequence[str], *, digits_only: bool) -> str:
    """Put in front what its counter begins anew with."""
    needed = _all_of(missing, number_format)
    if needed <= {"month", "day"}:
        dates = "".join(SIGNS[one] for one in ("month", "day") if one in needed)
        for year in ("{Y}", "{y}"):
            if year in number_format:
                return number_format.replace(year, year + dates, 1)
    owners = [SIGNS[one] for one in ("customer", "user") if one in needed]
    dates = "".join(SIGNS[one] for one in ("year", "month", "day") if one in needed)
    between = "" if digits_only else "-"
    return between.join(part for part in (*owners, dates, number_format) if part)


def apart(
    parts: Sequence[Part],
    second: Token,
    *,
    digits_only: bool,
    width_of: Callable[[Token], int],
) -> str:
    """Let the eye, and every machine, see where one ends and the other begins."""
    if digits_only:
        return written(_fixed(part, width_of) for part in parts)
    at = next(index for index, part in enumerate(parts) if part is second)
    return written([*parts[:at], "-", *parts[at:]])


def without_offset(parts: Sequence[Part], wrong: Token) -> str:
    plain = token(UNSHIFTED.get(wrong.name, wrong.name), width=wrong.width)
    return written(plain if part is wrong else part for part in parts)


def set_apart(number_format: str, *, digits_only: bool, is_free: Callable[[str], bool]) -> str:
    signs = "123456789" if digits_only else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    tried = (f"{sign}{'' if digits_only else '-'}{number_format}" for sign in signs)
    return next((one for one in tried if is_free(one)), "")


def digits(
    parts: Sequence[Part],
    *,
    gives_digits: Callable[[Part], bool],
    width_of: Callable[[Token], int],
) -> str:
    """Keep what is digits; of texts the digits, and what is told by a name by its id."""
    kept: list[Part] = []
    for part in parts:
        if gives_digits(part):
            kept.append(_fixed(part, width_of))
        elif isinstance(part, str):
            kept.append("".join(char for char in part if char in "0123456789"))
    return written(kept) or "{Y}{cy,4}"


def shortened(
    parts: Sequence[Part], *, fits: Callable[[Sequence[Part]], bool], digits_only: bool
) -> str:
    """Take off widths, then names, then text, until it fits; else begin with the usual one."""
    names = {part.name for part in parts if isinstance(part, Token)}
    tried = list(parts)
    for step in (
        _narrow,
        lambda part: _unnamed(part, names),
        lambda part: part[:1] if isinstance(part, str) else part,
    ):
        tried = [step(part) for part in tried]
        if fits(tried):
            return written(tried)
    return with_counter("", digits_only=digits_only)


def _meant(name: str) -> str:
    lowered = name.lower()
    if lowered in MEANT:
        return f"{{{MEANT[lowered]}}}"
    by_lower = {known.lower(): known for known in reversed(TOKENS)}
    close = get_close_matches(lowered, by_lower, n=1, cutoff=0.6)
    return f"{{{by_lower[close[0]]}}}" if close else ""


def _tidied(name: str, inside: str) -> str:
    rest = inside.strip()[len(name) :]
    offset = sum(map(int, re.findall(r"[+-][0-9]{1,9}", rest.replace(" ", ""))))
    widths = re.findall(r"(?<![+\-0-9])[0-9]{1,3}", re.sub(r"[+-]\s*[0-9]+", " ", rest))
    if name not in COUNTERS and name not in SHIFTED:
        offset = 0
    return token(name, offset=offset, width=min(int(widths[-1]) if widths else 0, 20)).text


def _all_of(missing: Sequence[str], number_format: str) -> set[str]:
    """A month or day alone is no sign of it: all of the date that is not told goes in front."""
    told = told_by(tokens_of(number_format))
    needed = set(missing)
    names = tokens_of(number_format)
    if needed & {"month", "day"} and "year" not in told:
        needed.add("year")
    if "day" in needed and not names & {"M", "m", "MM", "date"}:
        needed.add("month")
    if "month" in needed and names & {"M", "m", "MM"}:
        needed.discard("month")
    if "day" in needed and names & {"D", "d", "DD"}:
        needed.discard("day")
    return needed


def _fixed(part: Part, width_of: Callable[[Token], int]) -> Part:
    """Of the same length for every document, as far as can be seen."""
    if isinstance(part, str):
        return part
    if part.name in ("m", "d"):
        return token(part.name.upper(), width=part.width)
    least = 4 if part.is_counter or part.name == "uid" else 2 if part.name in SHIFTED else 0
    if part.name in ("cnumber", "ustaff"):
        least = width_of(part)
    return token(part.name, offset=part.offset, width=max(part.width, least))


def _narrow(part: Part) -> Part:
    if isinstance(part, str):
        return part
    least = 4 if part.is_counter else 0
    return token(part.name, offset=part.offset, width=min(part.width, least))


def _unnamed(part: Part, names: set[str]) -> Part:
    if isinstance(part, str) or part.name != "cname":
        return part
    return "" if "cnumber" in names else token("cnumber")
