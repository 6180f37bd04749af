"""What is looked at before an HTML template is kept: its form, and what it asks for."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from invoicing.templating import errors
from invoicing.templating.data import UsedField
from invoicing.templating.fields import LISTS
from invoicing.templating.html.kitchen import used_names

MOST_MB = 2
_A_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body|div|table|p|h1)[\s>]", re.IGNORECASE)
_ACTS = re.compile(
    r"<\s*(?P<element>script|iframe|frame|frameset|object|embed|applet|base|link|portal|form)\b"
    r"|<[a-z][^<>]*?\s(?P<handler>on[a-z]+)\s*="
    r"|(?P<address>javascript\s*:)"
    r"|<\s*(?P<meta>meta)\b[^>]*http-equiv",
    re.IGNORECASE,
)
# What is not in the file itself, the names of the data or a place within the page.
_ELSEWHERE = re.compile(
    r"@import\s+(?:url\(\s*)?[\"']?(?P<sheet>[^\"')\s;]+)"
    r"|url\(\s*[\"']?(?!data:image/|#|\{\{)(?P<style>[^\"')\s][^\"')]*)"
    r"|\s(?:src|srcset|poster|background|data)\s*=\s*[\"']?(?!data:image/|#|\{\{)(?P<source>[^\"'\s>]+)"
    r"|<(?:image|use)\b[^>]*href\s*=\s*[\"']?(?!data:image/|#|\{\{)(?P<drawn>[^\"'\s>]+)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?-->|\{#.*?#\}", re.DOTALL)


def read(content: bytes) -> str:
    """The template's text. Raises a TemplateRefusedError that says what to do."""
    if len(content) > MOST_MB * 1024 * 1024:
        raise errors.TemplateTooLarge(most=MOST_MB)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise errors.NotText from None
    if "\x00" in text:
        raise errors.NotText
    if not _A_PAGE.search(text):
        raise errors.NotHtml
    for refusal in _faults(_COMMENT.sub(_blank, text)):
        raise refusal
    return text


def _blank(comment: re.Match[str]) -> str:
    """As many lines, so that those below keep their numbers."""
    return "\n" * comment.group().count("\n")


def _faults(text: str) -> Iterator[errors.TemplateRefusedError]:
    for found in _ACTS.finditer(text):
        what = next(part for part in found.groups() if part)
        shown = f"<{what}>" if found["element"] or found["meta"] else what
        yield errors.NotForPaper(line=_line(text, found.start()), what=shown)
    for found in _ELSEWHERE.finditer(text):
        address = next(part for part in found.groups() if part)
        yield errors.LeadsElsewhere(line=_line(text, found.start()), address=address[:80])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def inspect(text: str) -> list[UsedField]:
    """Every name it asks for. Raises SyntaxWrong."""
    groups = {name: group for group, name in LISTS.items()}
    return [
        UsedField(name, _("line %(line)d") % {"line": line})
        for name, line in used_names(text, groups)
    ]
