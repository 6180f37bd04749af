"""Parts every page uses: template tags, lists, figures, typed numbers, answers to htmx."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import add_message, constants
from django.contrib.messages.storage.cookie import CookieStorage
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.test import Client, RequestFactory
from django.utils import translation

from core.forms import NumberField
from core.lists import order_by_request
from core.middleware import htmx_answers
from core.templatetags import figures
from core.templatetags.ui import initials, page_window
from customers.models import Customer
from tenants.models import Tenant
from tests.factories import CustomerFactory


def render(source: str, **context: Any) -> str:
    return Template("{% load ui figures %}" + source).render(Context(context))


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    labelled = render('{% icon "check" label=words %}', words="<Done>")
    assert 'role="img" aria-label="&lt;Done&gt;"' in labelled
    assert "aria-hidden" not in labelled


@pytest.mark.parametrize("name", ["no-such-icon", "../tabler/LICENSE", ""])
def test_an_unknown_icon_is_found_out_at_once(name: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render("{% icon name %}", name=name)


def test_every_icon_named_in_a_template_or_menu_is_there() -> None:
    """`{% icon "x" %}`, `icon="x"` of the parts, and the icons of the navigation."""
    written = re.compile(r'(?:\{% icon |icon=)"([a-z0-9-]+)"')
    sources = [*Path(settings.BASE_DIR, "templates").rglob("*.html")]
    sources += [Path(settings.BASE_DIR, "config", "navigation.py")]
    named = {name for path in sources for name in written.findall(path.read_text())}
    folder = Path(settings.BASE_DIR, "static", "vendor", "tabler-icons")
    assert "checklist" in named
    assert sorted(name for name in named if not (folder / f"{name}.svg").exists()) == []


def test_a_badge_escapes_its_words_and_knows_its_tones() -> None:
    assert "&lt;b&gt;" in render('{% badge words tone="positive" %}', words="<b>")
    with pytest.raises(TemplateSyntaxError):
        render('{% badge "x" tone="pink" %}')


@pytest.mark.parametrize(
    ("query", "link", "direction"),
    [
        ("", "?sort=due", None),
        ("sort=due&page=3&q=x", "?sort=-due&amp;q=x", "ascending"),
        ("sort=-due", "?sort=due", "descending"),
        ("sort=number", "?sort=due", None),
    ],
)
def test_a_sortable_head_turns_round(query: str, link: str, direction: str | None) -> None:
    request = RequestFactory().get(f"/x/?{query}")
    head = Template('{% load ui %}{% sort_head "due" "Due" class="date" %}')
    html = head.render(RequestContext(request, {}))
    assert f'href="/x/{link}"' in html
    assert re.findall(r'aria-sort="(\w+)"', html) == ([direction] if direction else [])


@pytest.mark.parametrize(
    ("count", "current", "window"),
    [
        (1, 1, [1]),
        (5, 3, [1, 2, 3, 4, 5]),
        (20, 1, [1, 2, None, 20]),
        (20, 10, [1, None, 9, 10, 11, None, 20]),
        (20, 4, [1, 2, 3, 4, 5, None, 20]),
    ],
)
def test_page_numbers_are_thinned_out(count: int, current: int, window: list[int | None]) -> None:
    assert page_window(range(1, count + 1), current) == window


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Aino Virtanen-Korhonen", "AV"), ("Ada", "A"), ("jan.peters@x.de", "JP"), ("", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("language", "money", "yen", "figure", "percent"),
    [
        ("en", "€1,234.50", "JP¥1,235", "1,234.50", "25.5"),
        ("fi", "1\xa0234,50\xa0€", "1\xa0235\xa0¥", "1\xa0234,50", "25,5"),
        ("de", "1.234,50\xa0€", "1.235\xa0¥", "1.234,50", "25,5"),
    ],
)
def test_figures_are_written_as_the_reader_writes_them(
    language: str, money: str, yen: str, figure: str, percent: str
) -> None:
    with translation.override(language):
        assert figures.money(Decimal("1234.5"), "EUR") == money
        assert figures.money(Decimal("1235"), "JPY") == yen
        assert figures.figure(Decimal("1234.5"), "EUR") == figure
        assert figures.number(Decimal("25.50")) == percent


def test_hours_are_hours_and_minutes() -> None:
    assert [figures.hours(m) for m in (0, 5, 95, 6000, -30)] == [
        "0:00", "0:05", "1:35", "100:00", "-0:30",
    ]  # fmt: skip
    assert figures.decimal_hours(95) == "1.58"
    assert figures.money(None) == figures.hours(None) == "—"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1234.5", "1234.5"),
        ("1234,5", "1234.5"),
        ("1 234,50", "1234.50"),
        ("1\xa0234,50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("−3", "-3"),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, value: str) -> None:
    assert NumberField().clean(typed) == Decimal(value)


@pytest.mark.parametrize("typed", ["1,2,3", "twelve", "1.2.3", "NaN", "Infinity"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        NumberField().clean(typed)


def test_lists_are_ordered_by_known_keys_only(tenant: Tenant) -> None:
    for name in ("B", "A"):
        CustomerFactory(name=name)
    sorts = {"name": ["name"]}

    def names(sort: str) -> list[str]:
        request = RequestFactory().get("/", {"sort": sort})
        rows = order_by_request(request, Customer.objects.all(), sorts, default="name")
        return [row.name for row in rows]

    assert names("-name") == ["B", "A"]
    assert names("name") == names("tenant__slug") == names("") == ["A", "B"]


def answer(response: HttpResponse, *texts: str, **headers: str) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        for text in texts:
            add_message(request, constants.SUCCESS, text)
        return response

    request = RequestFactory().get("/acme/x/", headers=headers)
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return htmx_answers(view)(request)


def test_messages_become_toasts_of_an_htmx_answer() -> None:
    response = answer(
        HttpResponse("row", headers={"HX-Trigger": "list:changed"}),
        "Tallennettu: ä",
        **{"HX-Request": "true"},
    )
    assert json.loads(response["HX-Trigger"]) == {
        "list:changed": True,
        "toasts": {"toasts": [{"tone": "success", "text": "Tallennettu: ä"}]},
    }
    assert "HX-Request" in response["Vary"]


def test_a_page_keeps_its_messages_for_the_page() -> None:
    assert "HX-Trigger" not in answer(HttpResponse("page"), "Saved")


def test_an_answer_that_leaves_the_page_keeps_them_for_the_next() -> None:
    response = answer(
        HttpResponse(headers={"HX-Redirect": "/x/"}), "Saved", **{"HX-Request": "true"}
    )
    assert "HX-Trigger" not in response


def test_an_ended_session_leads_htmx_to_the_sign_in_page(client: Client, tenant: Tenant) -> None:
    response = client.get(
        "/acme/customers/?page=2",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": "http://testserver/acme/customers/?q=a&sort=name",
        },
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == (
        "/accounts/login/?next=%2Facme%2Fcustomers%2F%3Fq%3Da%26sort%3Dname"
    )
