"""A posted invoice to its stored PDF."""

from collections.abc import Callable, Iterator

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from benchmarks.cases.posting import make_drafts
from benchmarks.companies import make_company
from benchmarks.measuring import Result, side_by_side
from invoicing.documents.glyphs import FONTS
from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import STYLES, LocalFetcher, invoice_html, invoice_pdf
from invoicing.documents.storing import store_invoice_pdf
from invoicing.domain.posting import post_invoices
from invoicing.models import Invoice
from tenants.scope import tenant_scope

TIMES = 15


def run(_address: str) -> Iterator[Result]:
    company = make_company("documents", customers=1, projects=1, people=1)
    tenant_id = company.tenant.pk
    drafts = make_drafts(company, TIMES + 1)
    with tenant_scope(tenant_id):
        post_invoices(drafts, actor=company.accountant)
        invoice = Invoice.objects.get(pk=drafts[0])
        html = invoice_html(printed_invoice(invoice))

    def render() -> None:
        with tenant_scope(tenant_id):
            invoice_pdf(printed_invoice(Invoice.objects.get(pk=drafts[0])))

    weasyprint = _weasyprint_at_its_best(html)
    times = side_by_side(render, weasyprint, times=TIMES)
    yield Result(
        "PDF: an invoice of ten lines, from its rows to the bytes",
        times[0],
        yardstick="WeasyPrint alone, warm, with the same HTML",
        yardstick_seconds=times[1],
        limit=1.15,
        note="in a company's page: fonts, style sheet and fetcher are kept between documents",
    )
    waiting = iter(drafts)
    times = side_by_side(
        lambda: store_invoice_pdf(tenant_id, next(waiting)), weasyprint, times=TIMES
    )
    yield Result(
        "PDF: the whole task, read, rendered, stored and logged",
        times[0],
        yardstick="WeasyPrint alone, warm, with the same HTML",
        yardstick_seconds=times[1],
    )


def _weasyprint_at_its_best(html: str) -> Callable[[], object]:
    fonts, fetcher = FontConfiguration(), LocalFetcher(FONTS)
    styles = CSS(
        string=STYLES.read_text(),
        base_url=FONTS.as_uri() + "/",
        font_config=fonts,
        url_fetcher=fetcher,
    )
    return lambda: HTML(string=html, url_fetcher=fetcher).write_pdf(
        font_config=fonts, stylesheets=[styles]
    )
