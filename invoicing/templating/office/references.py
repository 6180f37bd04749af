"""References to cells in the formulas of XLSX and ODS, moved with the rows they name."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from invoicing.templating.office.growth import Copy, End, Growth

# A lone cell of a repeated row means all its copies where these take it in.
_SUMMING: Final = {
    "SUM", "SUBTOTAL", "AVERAGE", "COUNT", "COUNTA", "MIN", "MAX", "PRODUCT", "SUMPRODUCT",
    "AGGREGATE", "MEDIAN", "CONCAT", "TEXTJOIN",
}  # fmt: skip
# What could fetch something or start something when the file is opened.
_REACHING_OUT: Final = re.compile(
    r"(?:^|[^\w.])(?:COM\.MICROSOFT\.|_XLFN\.|_XLWS\.)?"
    r"(WEBSERVICE|IMAGE|RTD|DDE|CALL|REGISTER(?:\.ID)?|EXEC|EVALUATE|STOCKHISTORY|FILTERXML|CUBE\w+)\s*\(",
    re.IGNORECASE,
)
_SHEET: Final = r"(?:'(?:[^']|'')+'|[^\W\d][\w.]*(?::[^\W\d][\w.]*)?)"
_CELL: Final = r"(\$?[A-Z]{1,3})(\$?)(\d{1,7})"
_XLSX: Final = re.compile(
    rf"""
    (?P<text>"(?:[^"]|"")*")
    |(?P<brackets>\[(?:[^\[\]]|\[[^\]]*\])*\])
    |(?P<cells>(?P<sheet>{_SHEET}!)?{_CELL}(?::{_CELL})?(?![\w(.!]))
    |(?P<rows>(?P<rowsheet>{_SHEET}!)?(\$?)(\d{{1,7}}):(\$?)(\d{{1,7}})(?![\w.]))
    |(?P<opening>(?P<function>[^\W\d][\w.]*)?\s*\()
    |(?P<closing>\))
    |(?P<word>{_SHEET}!?|\d[\d.]*(?:E[+-]?\d+)?)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ODF_SHEET: Final = r"(\$?(?:'(?:[^']|'')+'|[^\W\d]\w*))?"
ODF_RANGE: Final = re.compile(rf"{_ODF_SHEET}\.{_CELL}(?::{_ODF_SHEET}\.{_CELL})?(?![\w(])")
_ODF: Final = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*")
    |(?P<cells>\[[^\[\]]*\])
    |(?P<opening>(?P<function>[^\W\d][\w.]*)?\s*\()
    |(?P<closing>\))
    |(?P<word>[^\W\d][\w.]*)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# In place of what nothing is left of: a sum over no lines is nought, and no error.
_NOTHING: Final = "0"

type Growths = Mapping[str, Growth]


def function_reaching_out(formula: str) -> str | None:
    outside_texts = re.sub(r'"(?:[^"]|"")*"', '""', formula)
    if found := _REACHING_OUT.search(outside_texts):
        return found[1].upper()
    # 'program'|'topic'!item
    return "DDE" if re.search(r"[\w'\"]\s*\|", outside_texts) else None


def names_another_file(formula: str) -> bool:
    outside_texts = re.sub(r'"(?:[^"]|"")*"', '""', formula)
    return bool(
        re.search(r"'[^']*(\[[^']*\]|://)[^']*'[!#]|\[\d+\]|'file:|\[[^\]]*#", outside_texts)
    )


def moved(formula: str, sheet: str, growths: Growths, here: Copy | None = None) -> str:
    """A formula of XLSX. `sheet` is the one it stands in."""

    def cells(match: re.Match[str], is_summed: bool) -> str:
        of = _plain(match["sheet"][:-1]) if match["sheet"] else sheet
        prefix = match["sheet"] or ""
        first, last = _ends(match[0][len(prefix) :])
        new = _rows(first, last, growths.get(of), here if of == sheet else None, is_summed)
        if new is None:
            return _NOTHING
        return prefix + _written(match[0][len(prefix) :], new, ":")

    def rows(match: re.Match[str]) -> str:
        of = _plain(match["rowsheet"][:-1]) if match["rowsheet"] else sheet
        prefix = match["rowsheet"] or ""
        begin, end = match[0][len(prefix) :].split(":")
        growth = growths.get(of)
        if growth is None:
            return match[0]
        new = growth.rows(int(begin.lstrip("$")), int(end.lstrip("$")))
        if new is None:
            return _NOTHING
        marks = ["$" if text.startswith("$") else "" for text in (begin, end)]
        return f"{prefix}{marks[0]}{new[0]}:{marks[1]}{new[1]}"

    return "".join(_walked(_XLSX, formula, cells, rows))


def moved_odf(formula: str, sheet: str, growths: Growths, here: Copy | None = None) -> str:
    """A formula of ODF, whose references stand in brackets."""

    def cells(match: re.Match[str], is_summed: bool) -> str:
        inside = match[0][1:-1]
        new = moved_range(inside, sheet, growths, here, is_summed)
        return _NOTHING if new is None else f"[{new}]"

    return "".join(_walked(_ODF, formula, cells, None))


def moved_range(
    text: str, sheet: str, growths: Growths, here: Copy | None = None, is_summed: bool = False
) -> str | None:
    """`$Sheet1.$A$1:.$B$4`; None where nothing is left of it, itself where it is none."""
    match = ODF_RANGE.fullmatch(text)
    if match is None:
        return text
    of = _plain(match[1].lstrip("$")) if match[1] else sheet
    first = End(int(match[4]), bool(match[3]))
    last = End(int(match[8]), bool(match[7])) if match[8] else None
    new = _rows(first, last, growths.get(of), here if of == sheet else None, is_summed)
    if new is None:
        return None
    begin = f"{match[1] or ''}.{match[2]}{match[3]}{new[0]}"
    if last is None and new[0] == new[1]:
        return begin
    column, mark = (match[6], match[7]) if last is not None else (match[2], match[3])
    return f"{begin}:{match[5] or ''}.{column}{mark}{new[1]}"


def _walked(
    pattern: re.Pattern[str],
    formula: str,
    cells: Callable[[re.Match[str], bool], str],
    rows: Callable[[re.Match[str]], str] | None,
) -> Iterator[str]:
    functions: list[str] = []
    before = ""
    for match in pattern.finditer(formula):
        kind = match.lastgroup
        if match["cells"]:
            after = formula[match.end() :].lstrip()[:1]
            alone = before in ("(", ",", ";") and after in (")", ",", ";")
            summing = bool(functions) and functions[-1] in _SUMMING
            yield cells(match, alone and summing)
        elif rows is not None and match["rows"]:
            yield rows(match)
        else:
            yield match[0]
        if match["opening"]:
            functions.append((match["function"] or "").upper())
        elif kind == "closing" and functions:
            functions.pop()
        before = match[0].strip()[-1:] or before


def _rows(
    first: End, last: End | None, growth: Growth | None, here: Copy | None, is_summed: bool
) -> tuple[int, int] | None:
    if growth is None:
        return first.row, (last or first).row
    if last is not None:
        return growth.referred(first, last, here)
    in_own_copy = here is not None and first.row in here.block
    if is_summed and not in_own_copy:
        return growth.rows(first.row, first.row)
    only = growth.referred(first, first, here) if in_own_copy else growth.rows(first.row, first.row)
    return None if only is None else (only[0], only[0])


def _ends(reference: str) -> tuple[End, End | None]:
    ends = [End(int(match[3]), bool(match[2])) for match in re.finditer(_CELL, reference)]
    return ends[0], ends[1] if len(ends) > 1 else None


def _written(reference: str, rows: tuple[int, int], between: str) -> str:
    matches = [*re.finditer(_CELL, reference)]
    begin = f"{matches[0][1]}{matches[0][2]}{rows[0]}"
    if len(matches) == 1 and rows[0] == rows[1]:
        return begin
    return f"{begin}{between}{matches[-1][1]}{matches[-1][2]}{rows[1]}"


def _plain(sheet: str) -> str:
    """A sheet's name without the quotation marks that a formula puts around it."""
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet


_AREA: Final = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d{1,7})(?::(\$?[A-Z]{1,3}\$?)(\d{1,7}))?")


def moved_area(area: str, growth: Growth) -> str | None:
    """`A1:C4`, as merged cells and formats name theirs: all copies, or None where none is left."""
    match = _AREA.fullmatch(area)
    if match is None:
        return area
    rows = growth.rows(int(match[2]), int(match[4] or match[2]))
    if rows is None:
        return None
    if match[3] is None and rows[0] == rows[1]:
        return f"{match[1]}{rows[0]}"
    return f"{match[1]}{rows[0]}:{match[3] or match[1]}{rows[1]}"


def copied_areas(area: str, growth: Growth) -> list[str] | None:
    """One area for each copy, where the area lies inside a block; otherwise None."""
    match = _AREA.fullmatch(area)
    if match is None:
        return None
    first, last = int(match[2]), int(match[4] or match[2])
    block = growth.block_of(first)
    if block is None or last not in block:
        return None
    result = []
    for number in range(block.count):
        here = Copy(block, number)
        begin = f"{match[1]}{growth.copy(first, here)}"
        end = f":{match[3]}{growth.copy(last, here)}" if match[3] else ""
        result.append(begin + end)
    return result


def moved_areas(areas: str, growth: Growth) -> str:
    """A list of areas with blanks between; empty where nothing is left."""
    return " ".join(new for area in areas.split() if (new := moved_area(area, growth)) is not None)
