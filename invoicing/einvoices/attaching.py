"""What explains an e-invoice and goes with it: the work report, as a PDF inside the XML (BG-24)."""

from dataclasses import dataclass, replace

from invoicing.documents.printed import Printed, printed_work_report
from invoicing.documents.rendering import work_report_pdf
from invoicing.documents.words import words_of
from invoicing.einvoices.content import Attachment, Content
from invoicing.einvoices.profiles import Profile, Syntax
from invoicing.models import Invoice


@dataclass(frozen=True)
class WorkReport:
    """Read from its rows, and not rendered yet."""

    name: str
    title: str
    printed: Printed


def work_report_of(invoice: Invoice, profile: Profile) -> WorkReport | None:
    """Where the company wanted it inside when the document was posted. Finvoice has no place for
    files; its operators take them beside it."""
    is_wanted = invoice.seller.get("einvoice_work_report") and invoice.has_work_report
    if not is_wanted or profile.syntax == Syntax.FINVOICE:
        return None
    name = f"work-report-{invoice.number}".replace("/", "-")
    title = words_of(invoice.language).work_report
    return WorkReport(f"{name}.pdf", title, printed_work_report(invoice))


def with_report(content: Content, report: WorkReport | None) -> Content:
    if report is None:
        return content
    file = work_report_pdf(report.printed)
    attachment = Attachment(report.name, "application/pdf", report.title, file)
    return replace(content, attachments=(*content.attachments, attachment))
