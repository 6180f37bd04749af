"""The e-mail that sevDesk sends with a document."""

from html import escape

from integrations.outgoing import OutgoingInvoice
from integrations.systems.sevdesk.mapping import Json, Options

_TEXTS = {
    "de": (
        "Rechnung {number} von {seller}",
        "Gutschrift {number} von {seller}",
        "Guten Tag,\n\nanbei erhalten Sie das Dokument {number}.\n\nFreundliche Grüße\n{seller}",
    ),
    "en": (
        "Invoice {number} from {seller}",
        "Credit note {number} from {seller}",
        "Hello,\n\nplease find attached the document {number}.\n\nKind regards\n{seller}",
    ),
}


def email_of(invoice: OutgoingInvoice, options: Options) -> Json:
    """The body of `sendViaEmail`; a text of the connection's own comes first."""
    own, credit, usual = _TEXTS.get(invoice.language, _TEXTS["en"])
    subject = options.email_subject or (credit if invoice.is_credit_note else own)
    text = _filled(options.email_text or usual, invoice)
    return {
        "toEmail": invoice.buyer.email,
        "subject": " ".join(_filled(subject, invoice).split()),
        # The text may be HTML.
        "text": escape(text).replace("\r\n", "\n").replace("\n", "<br>"),
        "copy": False,
    }


def _filled(text: str, invoice: OutgoingInvoice) -> str:
    """Words in braces that are not known stay as they are."""
    words = {
        "number": invoice.number,
        "seller": invoice.seller.name,
        "customer": invoice.buyer.name,
        "contact": invoice.buyer.contact_name,
    }
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text
