"""The few template tags the pages are made of; `docs/ui.md` shows them in use."""

from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.template.context import RequestContext
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core import stepping
from core.root_urls import root_reverse, tenant_home

register = template.Library()

ICON_DIR = Path(settings.BASE_DIR) / "static" / "vendor" / "tabler-icons"
BADGE_ICONS = {
    "positive": "circle-check",
    "warning": "alert-triangle",
    "negative": "circle-x",
    "info": "circle-dot",
    "neutral": "circle-dashed",
}


@cache
def icon_body(name: str) -> str:
    """Return what is between the svg tags, and refuse a name that could leave the folder."""
    if not name.replace("-", "").isalnum():
        raise template.TemplateSyntaxError(f"{name!r} is no icon name")
    try:
        text = (ICON_DIR / f"{name}.svg").read_text()
    except FileNotFoundError:
        raise template.TemplateSyntaxError(f"No icon {name!r} in {ICON_DIR}") from None
    return text.partition(">")[2].rpartition("</svg>")[0]


@register.simple_tag
def icon(name: str, *, label: str = "", **attributes: str) -> SafeString:
    """Print an icon; without a label it is decoration and hidden from screen readers."""
    meaning = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon {}" width="20" height="20" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round"'
        ' stroke-linejoin="round" {}>{}</svg>',
        attributes.get("class", ""),
        meaning,
        mark_safe(icon_body(name)),  # noqa: S308 - a file of ours, see icon_body
    )


@register.simple_tag(takes_context=True)
def kept_list(context: RequestContext) -> str:
    """What a record's own links append, so that the list one came from is not lost."""
    return stepping.kept(context["request"])


@register.simple_tag
def badge(
    text: object, *, tone: str = "neutral", icon: str | None = None, title: str = ""
) -> SafeString:
    """Print a status pill: a word, and an icon so that colour is never alone."""
    if tone not in BADGE_ICONS:
        raise template.TemplateSyntaxError(f"{tone!r} is no tone; use one of {list(BADGE_ICONS)}")
    hint = format_html(' title="{}"', title) if title else ""
    return format_html(
        '<span class="pill pill-{}"{}>{}{}</span>',
        tone,
        hint,
        _render_icon(icon or BADGE_ICONS[tone]),
        text,
    )


def _render_icon(name: str) -> SafeString:
    return icon(name)


@register.inclusion_tag("components/sort_head.html", takes_context=True)
def sort_head(
    context: RequestContext, key: str, label: str, *, sortable: object = True, **attributes: str
) -> dict[str, object]:
    """Print a table head that sorts by `?sort=key`, or the other way round if it does already.

    A table that is a part of another page is not `sortable`: its head is the label alone.
    """
    if not sortable:
        return {"label": label, "class": attributes.get("class", "")}
    request: HttpRequest = context["request"]
    current = request.GET.get("sort") or context.get("default_sort", "")
    descending = current == f"-{key}"
    query: QueryDict = request.GET.copy()
    query["sort"] = f"-{key}" if current == key else key
    query.pop("page", None)
    return {
        "label": label,
        "class": attributes.get("class", ""),
        "direction": "descending" if descending else "ascending" if current == key else "none",
        "url": f"{request.path}?{query.urlencode()}",
    }


@register.filter
def page_window(numbers: range, current: int) -> list[int | None]:
    """Thin out page numbers: the ends, the neighbours of the current one, None for each gap."""
    last = len(numbers)
    shown = [n for n in numbers if n in (1, last) or abs(n - current) <= 1]
    window: list[int | None] = []
    for number in shown:
        if window and number - (window[-1] or 0) == 2:
            window.append(number - 1)
        elif window and number - (window[-1] or 0) > 2:
            window.append(None)
        window.append(number)
    return window


@register.simple_tag(takes_context=True)
def repeat_block(context: RequestContext, name: str) -> SafeString:
    """Print a block of the page a second time: Django allows each block one place only."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return SafeString(block.nodelist.render(context).strip() if block else "")


@register.filter
def initials(person: object) -> str:
    """Return one or two capitals for the round mark in front of a name."""
    words = str(person).partition("@")[0].replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def root_url(name: str, *args: object) -> str:
    """Print the address of a page outside tenants, from anywhere."""
    return root_reverse(name, *args)


@register.simple_tag
def tenant_url(slug: str) -> str:
    """Print the address where a company begins."""
    return tenant_home(slug)


@register.filter
def may(membership: Any, permission: str) -> bool:
    """Tell whether the role allows it: `{% if membership|may:"post_invoice" %}`."""
    return bool(membership and membership.may(permission))
