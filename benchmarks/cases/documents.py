"""A posted invoice to its stored PDF."""

import subprocess
import sys
from collections.abc import Callable, Iterator

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from benchmarks import office
from benchmarks.cases.posting import make_drafts
from benchmarks.companies import Company, make_company
from benchmarks.measuring import Result, side_by_side
from invoicing.documents.archival import VARIANT
from invoicing.documents.fetching import FOLDERS, LocalFetcher
from invoicing.documents.glyphs import FONTS
from invoicing.documents.letterheads import PLAIN
from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import STYLES, invoice_html, invoice_pdf
from invoicing.documents.storing import store_invoice_pdf
from invoicing.domain.posting import post_invoices
from invoicing.models import Invoice
from tenants.scope import tenant_scope

TIMES = 15
ALONE = "WeasyPrint alone, warm, with the same HTML, tagged PDF/A as ours"
MANY = 10_000
# In a process of its own: what a process once took of memory it seldom gives back.
_MANY_LINES = """
import re, time
from pathlib import Path
import django
django.setup()
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice

def used():
    # Of this process alone: what `getrusage` tells begins with the parent's.
    status = Path("/proc/self/status").read_text()
    return int(re.search("VmHWM:[^0-9]+([0-9]+)", status)[1]) // 1024

seller = dict.fromkeys(
    "name business_id vat_id street postal_code city email phone website iban bic"
    " document_footer".split(), ""
) | {"legal_name": "Bench Oy", "country": "FI"}
invoice_pdf(sample_invoice(seller, "en"))
before, started = used(), time.perf_counter()
content = invoice_pdf(sample_invoice(seller, "en", lines=%d))
print(time.perf_counter() - started, used() - before, len(content) // 1024)
"""


def run(_address: str) -> Iterator[Result]:
    company = make_company("documents", customers=1, projects=1, people=1)
    tenant_id = company.tenant.pk
    for lines, times in ((10, TIMES), (100, 5)):
        yield _rendering(company, lines, times)
    drafts = make_drafts(company, TIMES + 1)
    with tenant_scope(tenant_id):
        post_invoices(drafts, actor=company.accountant)
        html = invoice_html(printed_invoice(Invoice.objects.get(pk=drafts[0])))
    waiting = iter(drafts)
    seconds = side_by_side(
        lambda: store_invoice_pdf(tenant_id, next(waiting)),
        _weasyprint_at_its_best(html),
        times=TIMES,
    )
    yield Result(
        "PDF: the whole task, read, rendered, stored and logged",
        seconds[0],
        yardstick=ALONE,
        yardstick_seconds=seconds[1],
    )
    yield _many_lines()
    yield from office.results()


def _rendering(company: Company, lines: int, times: int) -> Result:
    tenant_id = company.tenant.pk
    drafts = make_drafts(company, 1, lines_each=lines)
    with tenant_scope(tenant_id):
        post_invoices(drafts, actor=company.accountant)
        html = invoice_html(printed_invoice(Invoice.objects.get(pk=drafts[0])))

    def render() -> None:
        with tenant_scope(tenant_id):
            invoice_pdf(printed_invoice(Invoice.objects.get(pk=drafts[0])))

    seconds = side_by_side(render, _weasyprint_at_its_best(html), times=times)
    return Result(
        f"PDF: an invoice of {lines} lines, from its rows to the tagged PDF/A",
        seconds[0],
        yardstick=ALONE,
        yardstick_seconds=seconds[1],
        limit=1.15,
        note="in a company's page: fonts, style sheet and fetcher are kept between documents",
    )


def _many_lines() -> Result:
    told = subprocess.run(
        [sys.executable, "-c", _MANY_LINES % MANY], check=True, capture_output=True, text=True
    ).stdout.split()
    return Result(
        f"PDF: an invoice of {MANY:,} lines",
        float(told[0]),
        note=f"{told[1]} MB of memory for a PDF of {int(told[2]) / 1024:.1f} MB",
    )


def _weasyprint_at_its_best(html: str) -> Callable[[], object]:
    fonts, fetcher = FontConfiguration(), LocalFetcher(*FOLDERS)
    styles = [
        CSS(
            string=sheet,
            base_url=FONTS.as_uri() + "/",
            font_config=fonts,
            url_fetcher=fetcher,
        )
        for sheet in (STYLES.read_text(), PLAIN.css)
    ]
    return lambda: HTML(string=html, url_fetcher=fetcher).write_pdf(
        font_config=fonts, stylesheets=styles, pdf_variant=VARIANT
    )
