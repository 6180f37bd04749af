"""`make demo` as a newcomer uses it: start, sign in, invoice, see it arrive, stop, start again."""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pypdfium2
import requests
from django.utils import timezone

from config.demo.companies import COMPANIES
from config.demo.services import port_is_free
from tests.smoke.accountant import Accountant
from tests.smoke.processes import Demo, wait_for

# What the sandbox of Lexware Office was asked about a document there.
THERE = re.compile(r"/invoices/([0-9a-f-]{36})")


def test_from_the_first_start_to_the_second(demo: Demo) -> None:
    demo.start()
    assert demo.output.count("loaded in") == len(COMPANIES)
    accountant = Accountant(demo.address)
    accountant.sign_in(*demo.sign_in_of("kuusi", "Accountant"))

    customer = make_a_draft(accountant)
    number, invoice_url = post_it(accountant)
    pdf = download(accountant, f"{invoice_url}document.pdf", demo)
    assert pdf.startswith(b"%PDF-")
    text = text_of(pdf)
    assert number in text
    assert customer in text

    arrived = wait_for(
        f"{number} in the sandbox", lambda: sent_invoice(demo, number), demo.deadline
    )
    assert [(file["name"], file["size"]) for file in arrived["attachments"]] == [
        (f"{number}.pdf", len(pdf))
    ]
    assert arrived["counterParty"]["counterPartyAddress"]["name"] == customer
    wait_for("the state of the export", lambda: is_sent(accountant, number), demo.deadline)
    see_a_payment_there_told_of(demo)

    assert demo.press_ctrl_c() == 0
    assert demo.left_over() == []
    assert port_is_free(demo.port)
    assert not (demo.folder / "postgres" / "postmaster.pid").exists()

    demo.start()
    assert demo.output.count("is there already") == len(COMPANIES)
    assert "loaded in" not in demo.output
    again = Accountant(demo.address).sign_in(*demo.sign_in_of("kuusi", "Accountant"))
    assert download(again, f"{invoice_url}document.pdf", demo) == pdf
    assert sent_invoice(demo, number) is not None
    assert demo.press_ctrl_c() == 0
    assert demo.left_over() == []


def test_ctrl_c_while_it_starts(demo: Demo) -> None:
    demo.begin()
    wait_for("the first step", lambda: "Bringing the tables" in demo.output or None, demo.deadline)
    assert demo.press_ctrl_c() == 0
    assert demo.left_over() == []
    assert "Traceback" not in demo.logs()


def make_a_draft(accountant: Accountant) -> str:
    """Of a linked customer's work of last month that everybody has locked; says whose."""
    end = timezone.localdate().replace(day=1) - timedelta(days=1)
    period = urlencode({"start": end.replace(day=1), "end": end, "status": "ready"})
    page = accountant.open(f"/kuusi/ready/?{period}").text
    rows = [row for row in page.split("<tbody")[1:] if 'title="Procountor: ' in row]
    assert rows, "nothing is ready for a linked customer"
    address = re.search(r'formaction="([^"]+)"', rows[0])
    customer = re.search(r'title="([^"]+)"', rows[0])
    assert address
    assert customer
    form = accountant.form(r"/kuusi/ready/drafts/.*")
    accountant.send(html.unescape(address[1]), form.filled_in())
    return html.unescape(customer[1])


def post_it(accountant: Accountant) -> tuple[str, str]:
    """The draft's form, unchanged, by its button; returns the number and the invoice's page."""
    assert re.search(r"/kuusi/drafts/\d+/$", accountant.page.url), accountant.page.url
    pk = accountant.page.url.rstrip("/").rpartition("/")[2]
    form = accountant.form(f"/kuusi/drafts/{pk}/post/")
    page = accountant.send(f"/kuusi/drafts/{pk}/post/", form.filled_in())
    posted = re.search(r"Invoice (\d{4}-\d{4}) is posted", page.text)
    assert posted, page.url
    assert page.url.endswith(f"/kuusi/invoices/{pk}/")
    return posted[1], f"/kuusi/invoices/{pk}/"


def download(accountant: Accountant, path: str, demo: Demo) -> bytes:
    """The stored file, once the worker has made it; until then the page says so with a 202."""

    def ask() -> bytes | None:
        answer = accountant.session.get(f"{demo.address}{path}", timeout=30)
        assert answer.status_code in (200, 202), answer.status_code
        return answer.content if answer.status_code == 200 else None

    return wait_for("the PDF", ask, demo.deadline)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def sent_invoice(demo: Demo, number: str) -> dict[str, Any] | None:
    """The invoice in the sandbox when it is through all of its steps; it must be there once."""
    answer = requests.get(f"{demo.sandbox_address}/_sandbox/invoices", timeout=30)
    found = [
        invoice
        for invoice in answer.json()["invoices"]
        if invoice["originalInvoiceNumber"] == number
    ]
    assert len(found) < 2, "it was made twice"
    # The first minutes that the demo plays may have paid it already.
    is_through = found and found[0]["status"] in ("SENT", "PARTLY_PAID", "PAID", "MARKED_PAID")
    return found[0] if is_through else None


def is_sent(accountant: Accountant, number: str) -> bool | None:
    page = accountant.open(f"/kuusi/exports/?{urlencode({'q': number})}").text
    row = next((row for row in page.split("<tr") if f">{number}<" in row), "")
    return True if re.search(r">\s*Sent\s*<", row) else None


def see_a_payment_there_told_of(demo: Demo) -> None:
    """Lexware Office calls us, and signs with the key that the demo has from its sandbox."""
    lexware = demo.sandbox_of("Hafenlicht Gestaltung")
    pay, page = wait_for("an open invoice there", lambda: open_there(lexware), demo.deadline)
    marker = re.search(r"LASKURI-\d+-(\d+)", page)
    there = THERE.search(page)
    assert marker
    assert there
    wait_for("its subscription", lambda: "payment.changed" in of(lexware) or None, demo.deadline)

    requests.post(f"{lexware}{pay}", timeout=30).raise_for_status()

    call = re.compile(
        rf"payment\.changed</td>\s*<td[^>]*><code>{there[1]}.{{,200}}>204<", re.DOTALL
    )
    wait_for("our answer to its call", lambda: call.search(of(lexware)), demo.deadline)
    accountant = Accountant(demo.address).sign_in(*demo.sign_in_of("hafenlicht", "Accountant"))

    def is_here() -> bool | None:
        return f"/hafenlicht/invoices/{marker[1]}/" in payments_of(accountant) or None

    wait_for("the payment here", is_here, demo.deadline)


def open_there(lexware: str) -> tuple[str, str] | None:
    """The address at which the newest invoice that is open there is paid, and its page."""
    pages = re.findall(
        r'href="(/documents/hafenlicht/\d+)"', requests.get(lexware, timeout=30).text
    )
    for path in dict.fromkeys(pages):
        page = requests.get(f"{lexware}{path}", timeout=30).text
        pay = re.search(r'action="([^"]+/pay)"', page)
        # What has only just arrived was not asked for by its id yet.
        if pay and THERE.search(page):
            return pay[1], page
    return None


def of(lexware: str) -> str:
    """Who is connected there, and what was told to whom."""
    return requests.get(f"{lexware}/connections", timeout=30).text


def payments_of(accountant: Accountant) -> str:
    return accountant.open("/hafenlicht/exports/payments/").text
