"""HTML templates: what they can do, and everything that they cannot."""

import base64
import io
import os
import socket
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from invoicing.templating import errors
from invoicing.templating.fields import LISTS
from invoicing.templating.html import kitchen
from invoicing.templating.html.checking import MOST_MB, inspect, read
from invoicing.templating.html.kitchen import Page, Set, set_page, used_names
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from tests.documents.making import pages, words

CONTEXT: dict[str, Any] = {
    "invoice": {"number": "2026-0001", "is_draft": False, "comment": "<b>Hei</b> & moi"},
    "customer": {"name": "Lumikenttä Oy", "field": {"contract": "K-9"}},
    "lines": [{"text": "Design", "net": "250.00"}, {"text": "Licence", "net": "90.00"}],
}
GROUPS = {name: group for group, name in LISTS.items()}


def page(body: str, **fields: Any) -> str:
    return f"<!DOCTYPE html><html><body>{body}</body></html>"


def made(body: str, **fields: Any) -> Set:
    values: dict[str, Any] = {"language": "en", "title": "Invoice", "identity": "test"}
    return set_page(
        Page(current_tenant_id(), source=page(body), context=CONTEXT, **(values | fields))
    )


def shown(body: str, **fields: Any) -> str:
    return words(pages(made(body, **fields).pdf))


pytestmark = pytest.mark.usefixtures("tenant")


class TestFilling:
    def test_values_loops_and_conditions(self) -> None:
        text = shown(
            "{{ invoice.number }} {{ customer.field.contract }}"
            "{% for line in lines %} {{ loop.index }} {{ line.text }} {{ line.net }};{% endfor %}"
            "{% if invoice.is_draft %}never{% else %} posted{% endif %}"
        )
        assert text == "2026-0001 K-9 1 Design 250.00; 2 Licence 90.00; posted"

    def test_texts_are_escaped(self) -> None:
        assert shown("{{ invoice.comment }}") == "<b>Hei</b> & moi"

    def test_what_is_missing_is_empty(self) -> None:
        assert shown("a{{ nothing }}{{ nothing.at.all }}{{ customer.field.gone }}b") == "ab"

    def test_sums_over_a_loop(self) -> None:
        body = (
            "{% set ns = namespace(count=0) %}{% for line in lines %}"
            "{% set ns.count = ns.count + 1 %}{% endfor %}{{ ns.count }}"
        )
        assert shown(body) == "2"

    def test_the_same_template_gives_the_same_archival_bytes(self) -> None:
        first = made("<h1>{{ invoice.number }}</h1>", about={"author": "Kuusi Oy"})
        kitchen.close()
        again = made("<h1>{{ invoice.number }}</h1>", about={"author": "Kuusi Oy"})
        assert first.pdf == again.pdf
        with pikepdf.open(io.BytesIO(first.pdf)) as pdf:
            metadata = pdf.open_metadata()
            assert metadata["pdfaid:part"] == "3"
            assert metadata["dc:title"] == "Invoice"
            assert pdf.Root.Lang == "en"
            fonts = {str(font.BaseFont) for font in pdf.pages[0].Resources.Font.values()}
        assert all("Inter" in name for name in fonts)

    def test_a_draft_is_marked(self) -> None:
        assert shown("x", mark="DRAFT") == "x DRAFT"

    def test_pictures_in_the_page_are_shown(self) -> None:
        out = io.BytesIO()
        Image.new("RGB", (20, 20), "red").save(out, "PNG")
        address = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
        found = made(f'<img alt="" src="{address}">')
        assert found.left_out == ()
        with pikepdf.open(io.BytesIO(found.pdf)) as pdf:
            assert len(pdf.pages[0].get_images()) == 1


@pytest.fixture
def listener() -> Any:
    """Somebody on this machine whom a template would like to call."""
    called: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def wait() -> None:
            for _turn in range(200):
                try:
                    connection, _address = server.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                called.append("called")
                connection.close()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        yield server.getsockname()[1], called


class TestWalls:
    """Whatever got past the first look: nothing is read, nobody is called."""

    def test_no_file_and_no_network(self, listener: Any, tmp_path: Path) -> None:
        port, called = listener
        secret = tmp_path / "secret.txt"
        secret.write_text("the secret")
        addresses = [f"http://127.0.0.1:{port}/a", secret.as_uri(), "file:///etc/passwd"]
        body = "".join(
            f'<img src="{one}"><object data="{one}"></object><iframe src="{one}"></iframe>'
            f'<link rel="stylesheet" href="{one}"><link rel="attachment" href="{one}">'
            f'<style>@import url("{one}"); p {{ background: url({one}) }}'
            f' @font-face {{ font-family: X; src: url("{one}") }}</style>'
            f'<svg width="9" height="9"><image width="9" height="9" href="{one}"/></svg>'
            for one in addresses
        )
        drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{addresses[0]}"/></svg>'
        packed = base64.b64encode(drawing.encode()).decode()
        body += f'<img src="data:image/svg+xml;base64,{packed}"><p style="font-family: X">end</p>'

        found = made(body)

        assert words(pages(found.pdf)) == "end"
        assert set(addresses) <= set(found.left_out)
        assert called == []
        with pikepdf.open(io.BytesIO(found.pdf)) as pdf:
            assert len(pdf.attachments) == 0

    @pytest.mark.parametrize(
        "attack",
        [
            "{{ ''.__class__.__mro__ }}",
            "{{ invoice['__class__'] }}",
            "{{ lines.__init__.__globals__ }}",
            "{{ invoice.number.format }}",
            "{{ invoice.items }}",
            "{{ self.__dict__ }}",
            "{{ range.__self__ }}",
            "{{ namespace.__init__.__globals__ }}",
            "{{ loop.__class__ }}",
            "{{ cycler.__init__.__globals__.os }}",
            "{{ lipsum.__globals__ }}",
            "{{ config }}{{ request }}{{ settings }}",
        ],
    )
    def test_python_is_out_of_reach(self, attack: str) -> None:
        assert shown(f"a{attack}b") == "ab"

    @pytest.mark.parametrize(
        "attack",
        [
            "{{ ''|attr('__class__') }}",
            "{{ invoice.comment|safe }}",
            "{% include '/etc/passwd' %}",
            "{% import 'os' as os %}",
            "{% extends 'base.html' %}",
            "{{ invoice.number() }}",
            "{{ invoice.number.format() }}",
            "{{ ''.join(lines) }}",
            "{{ invoice.clear() }}",
            "{{ lines.append(1) }}",
            "{{ 9 ** 9 ** 9 }}",
            "{{ 'x' * 10**9 }}",
            "{{ 'x' * 1000000000 }}",
            "{{ '%1000000000d' % 1 }}",
            "{{ 1 / 0 }}",
            "{% for i in range(10**9) %}x{% endfor %}",
            "{% for i in range(1000000000) %}x{% endfor %}",
            "{{ invoice.number",
            "{% unknown %}",
            "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
        ],
    )
    def test_harm_is_refused_with_a_sentence(self, attack: str) -> None:
        with pytest.raises(errors.TemplateRefusedError) as refused:
            made(f"a{attack}b")
        assert str(refused.value)
        assert shown("still here") == "still here"

    @pytest.mark.parametrize(
        "attack",
        [
            # Loops in loops, each within its bounds.
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "{% for a in range(99999) %}{% for b in range(999) %}xxxxxxx{% endfor %}{% endfor %}",
            "{% set ns = namespace(x='xxxxxxxxxx') %}"
            "{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% for a in range(99999) %}<table><tr><td>x</td></tr></table>{% endfor %}",
        ],
    )
    def test_what_never_ends_is_ended(self, attack: str) -> None:
        with pytest.raises(errors.TemplateRefusedError):
            made(attack, seconds=3)
        assert shown("still here") == "still here"

    def test_a_bomb_of_pixels_is_left_out(self) -> None:
        out = io.BytesIO()
        Image.new("1", (20, 20)).save(out, "PNG")
        bomb = bytearray(out.getvalue())
        bomb[16:24] = (60_000).to_bytes(4) * 2
        address = f"data:image/png;base64,{base64.b64encode(bytes(bomb)).decode()}"
        assert shown(f'<img alt="" src="{address}">here') == "here"

    def test_the_process_knows_nothing_of_the_program(self) -> None:
        made("x")
        (apart,) = kitchen._kept
        environment = Path(f"/proc/{apart.process.pid}/environ").read_bytes().decode()
        for name in ("DATABASE_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "REDIS_URL"):
            assert name not in environment
        held = Path(f"/proc/{apart.process.pid}/fd")
        assert not [one for one in held.iterdir() if os.readlink(one).startswith("socket:")]

    def test_another_company_has_another_process(self, other_tenant: Tenant) -> None:
        made("x")
        first = kitchen._kept[0].process.pid
        set_page(Page(other_tenant.pk, page("x"), {}, language="en", title="", identity=""))
        assert kitchen._kept[0].process.pid != first
        assert not Path(f"/proc/{first}").exists()


class TestReading:
    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b"PK\x03\x04" + b"\xff" * 40, errors.NotText),
            ("<p>ä</p>".encode("latin-1"), errors.NotText),
            (b"<p>\x00</p>", errors.NotText),
            (b"just words", errors.NotHtml),
            (b"", errors.NotHtml),
            (b"%PDF-1.7", errors.NotHtml),
            (b"<p>" + b"x" * (MOST_MB * 1024 * 1024), errors.TemplateTooLarge),
        ],
    )
    def test_what_is_no_html_is_refused(
        self, content: bytes, refusal: type[errors.TemplateRefusedError]
    ) -> None:
        with pytest.raises(refusal):
            read(content)

    @pytest.mark.parametrize(
        ("line", "what"),
        [
            ("<script>alert(1)</script>", "<script>"),
            ("<SCRIPT src=x>", "<SCRIPT>"),
            ('<p onclick="alert(1)">', "onclick"),
            ("<body onload=alert(1)>", "onload"),
            ('<iframe src="x"></iframe>', "<iframe>"),
            ('<link rel="stylesheet" href="x.css">', "<link>"),
            ('<base href="https://example.com">', "<base>"),
            ('<meta http-equiv="refresh" content="0;url=x">', "<meta>"),
            ('<a href="javascript:alert(1)">x</a>', "javascript:"),
        ],
    )
    def test_what_acts_is_refused_with_its_line(self, line: str, what: str) -> None:
        with pytest.raises(errors.NotForPaper) as refused:
            read(f"<html>\n<body>\n<!-- a\n comment -->\n{line}</body></html>".encode())
        assert str(refused.value).startswith(f"Line 5 has {what}, which paper has no use for")

    @pytest.mark.parametrize(
        ("line", "address"),
        [
            ('<img src="file:///etc/passwd">', "file:///etc/passwd"),
            ('<img src="http://127.0.0.1/x.png">', "http://127.0.0.1/x.png"),
            ("<img src=logo.png>", "logo.png"),
            ('<style>@import "https://example.com/x.css";</style>', "https://example.com/x.css"),
            ("<style>p { background: url( 'x.png' ) }</style>", "x.png"),
            ('<p style="background:url(//example.com/x)">', "//example.com/x"),
            ('<svg><image href="https://example.com/x"/></svg>', "https://example.com/x"),
            ('<svg><use xlink:href="x.svg#a"/></svg>', "x.svg#a"),
            ('<img src="data:text/html;base64,AA">', "data:text/html;base64,AA"),
        ],
    )
    def test_what_leads_elsewhere_is_refused_with_its_line(self, line: str, address: str) -> None:
        with pytest.raises(errors.LeadsElsewhere) as refused:
            read(f"<html>\n{line}</html>".encode())
        assert str(refused.value).startswith(f"Line 2 asks for {address}.")

    def test_a_usual_template_passes(self) -> None:
        source = (
            "<!DOCTYPE html>\n<html><head><meta charset='utf-8'><style>p { color: #123 }</style>"
            "</head><body class='one on'><img src='{{ seller.logo }}' alt=''>"
            "<a href='https://kuusi.example'>us</a> <svg><use href='#a'/></svg></body></html>"
        )
        assert read(b"\xef\xbb\xbf" + source.encode()) == source


class TestNames:
    def test_names_are_told_with_their_lines(self) -> None:
        source = page(
            "{{ invoice.number }}\n"
            "{% for row in lines %}{{ row.text }}{{ loop.index }}\n"
            "{{ row.nett }}{% endfor %}\n"
            "{% if customer.field.contract %}{{ customer['name'] }}{% endif %}\n"
            "{% set a = seller.iban %}{{ a }}{{ a.b }}\n"
            "{% for number in range(3) %}{{ number }}{{ number.x }}{% endfor %}\n"
            "{% macro m(x) %}{{ x }}{{ invoice.foo|upper }}{% endmacro %}{{ m(word.net) }}\n"
            "{% with b = tax.rate %}{{ b }}{% endwith %}{{ nonsense }}\n"
            "{% for tax in taxes if tax.rate %}{{ tax.tax }}{% endfor %}"
        )
        assert used_names(source, GROUPS) == [
            ("invoice.number", 1),
            ("line.text", 2),
            ("line.nett", 3),
            ("customer.field.contract", 4),
            ("customer.name", 4),
            ("seller.iban", 5),
            ("invoice.foo", 7),
            ("word.net", 7),
            ("tax.rate", 8),
            ("nonsense", 8),
            ("tax.rate", 9),
            ("tax.tax", 9),
        ]

    def test_places_are_in_words(self) -> None:
        (used,) = inspect(page("\n\n{{ invoice.nummer }}"))
        assert (used.name, used.place) == ("invoice.nummer", "line 3")

    def test_a_mistake_is_told_with_its_line(self) -> None:
        with pytest.raises(errors.SyntaxWrong) as refused:
            inspect(page("\n{% for line in lines %}\n"))
        assert str(refused.value).startswith("Line 2 cannot be read: ")


def test_decimals_are_no_part_of_what_html_sees() -> None:
    """A template that could compute with amounts would print others than those posted."""
    assert all(not isinstance(one, Decimal) for one in CONTEXT["lines"][0].values())
