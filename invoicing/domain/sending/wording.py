"""Subject and text of the e-mail a document goes with, in the document's language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.money import ZERO
from invoicing import errors
from invoicing.documents.figures import Figures
from invoicing.documents.heads import in_groups
from invoicing.documents.printed import printed_reference, seller_of
from invoicing.documents.words import words_of
from invoicing.domain.placeholders import check_placeholders, fill, placeholders_in
from invoicing.models import Invoice, MailText

PLACEHOLDERS = (
    "number", "customer", "contact", "company", "date", "due_date", "amount", "open", "reference",
    "iban", "order", "for_invoice", "link",
)  # fmt: skip
STATEMENT_PLACEHOLDERS = (
    "customer", "customer_number", "company", "start", "end", "balance", "overdue", "currency",
    "iban",
)  # fmt: skip
# Where it still has to be made: in the form before it is sent, so that looking makes no link, and
# in what is kept, so that the log opens nothing.
LINK_LATER = "{link}"
MOST_SUBJECT, MOST_TEXT = 200, 10_000


@dataclass(frozen=True)
class Wording:
    subject: str
    text: str


_INVOICE = {
    "en": Wording(
        "Invoice {number} from {company}",
        "Good day,\n\n"
        "please find attached invoice {number} of {date} over {amount}.\n"
        "It is due on {due_date}.\n\n"
        "Account: {iban}\n"
        "Reference: {reference}\n\n"
        "Kind regards\n{company}",
    ),
    "fi": Wording(
        "Lasku {number}, {company}",
        "Hei,\n\n"
        "liitteenä on lasku {number}, päivätty {date}, yhteensä {amount}.\n"
        "Eräpäivä on {due_date}.\n\n"
        "Tilinumero: {iban}\n"
        "Viite: {reference}\n\n"
        "Ystävällisin terveisin\n{company}",
    ),
    "sv": Wording(
        "Faktura {number} från {company}",
        "Hej,\n\n"
        "bifogat finns faktura {number} daterad {date} på {amount}.\n"
        "Den förfaller den {due_date}.\n\n"
        "Konto: {iban}\n"
        "Referens: {reference}\n\n"
        "Med vänlig hälsning\n{company}",
    ),
    "de": Wording(
        "Rechnung {number} von {company}",
        "Guten Tag,\n\n"
        "anbei erhalten Sie die Rechnung {number} vom {date} über {amount}.\n"
        "Sie ist am {due_date} fällig.\n\n"
        "Konto: {iban}\n"
        "Verwendungszweck: {reference}\n\n"
        "Mit freundlichen Grüßen\n{company}",
    ),
}
_CREDIT_NOTE = {
    "en": Wording(
        "Credit note {number} from {company}",
        "Good day,\n\n"
        "please find attached credit note {number} of {date} over {amount} for invoice"
        " {for_invoice}.\n\n"
        "Kind regards\n{company}",
    ),
    "fi": Wording(
        "Hyvityslasku {number}, {company}",
        "Hei,\n\n"
        "liitteenä on hyvityslasku {number}, päivätty {date}, yhteensä {amount}. Se koskee laskua"
        " {for_invoice}.\n\n"
        "Ystävällisin terveisin\n{company}",
    ),
    "sv": Wording(
        "Kreditfaktura {number} från {company}",
        "Hej,\n\n"
        "bifogat finns kreditfaktura {number} daterad {date} på {amount}. Den gäller faktura"
        " {for_invoice}.\n\n"
        "Med vänlig hälsning\n{company}",
    ),
    "de": Wording(
        "Gutschrift {number} von {company}",
        "Guten Tag,\n\n"
        "anbei erhalten Sie die Gutschrift {number} vom {date} über {amount} zur Rechnung"
        " {for_invoice}.\n\n"
        "Mit freundlichen Grüßen\n{company}",
    ),
}


_STATEMENT = {
    "en": Wording(
        "Statement of account from {company}, {end}",
        "Good day,\n\n"
        "please find attached the statement of your account from {start} to {end}.\n\n"
        "Balance: {balance}\n"
        "Overdue: {overdue}\n"
        "Account: {iban}\n\n"
        "If this differs from your books, please write to us.\n\n"
        "Kind regards\n{company}",
    ),
    "fi": Wording(
        "Asiakastiliote, {company}, {end}",
        "Hei,\n\n"
        "liitteenä on asiakastiliotteenne ajalta {start} – {end}.\n\n"
        "Saldo: {balance}\n"
        "Erääntynyt: {overdue}\n"
        "Tilinumero: {iban}\n\n"
        "Jos tiedot poikkeavat kirjanpidostanne, ottakaa meihin yhteyttä.\n\n"
        "Ystävällisin terveisin\n{company}",
    ),
    "sv": Wording(
        "Kontoutdrag från {company}, {end}",
        "Hej,\n\n"
        "bifogat finns ert kontoutdrag för tiden {start} – {end}.\n\n"
        "Saldo: {balance}\n"
        "Förfallet: {overdue}\n"
        "Konto: {iban}\n\n"
        "Avviker detta från er bokföring, kontakta oss gärna.\n\n"
        "Med vänlig hälsning\n{company}",
    ),
    "de": Wording(
        "Kontoauszug von {company}, {end}",
        "Guten Tag,\n\n"
        "anbei erhalten Sie den Auszug Ihres Kontos vom {start} bis zum {end}.\n\n"
        "Saldo: {balance}\n"
        "Überfällig: {overdue}\n"
        "Konto: {iban}\n\n"
        "Weicht dies von Ihren Büchern ab, melden Sie sich bitte bei uns.\n\n"
        "Mit freundlichen Grüßen\n{company}",
    ),
}
_DEFAULTS = {
    MailText.Kind.INVOICE: _INVOICE,
    MailText.Kind.CREDIT_NOTE: _CREDIT_NOTE,
    MailText.Kind.STATEMENT: _STATEMENT,
}


def default_wording(kind: str, language: str) -> Wording:
    return _DEFAULTS[MailText.Kind(kind)][language]


def placeholders_of(kind: str) -> Sequence[str]:
    return STATEMENT_PLACEHOLDERS if kind == MailText.Kind.STATEMENT else PLACEHOLDERS


def check_wording(wording: Wording, placeholders: Sequence[str] = PLACEHOLDERS) -> None:
    """Raises a SendingRefused or DraftingRefused that says what is wrong, and where."""
    if not wording.subject.strip():
        raise errors.SubjectMissing
    if not wording.text.strip():
        raise errors.TextMissing
    if "link" in placeholders_in(wording.subject):
        raise errors.LinkInSubject
    for field in ("subject", "text"):
        try:
            check_placeholders(getattr(wording, field), placeholders)
        except errors.DraftingRefused as refused:
            refused.field = field  # type: ignore[attr-defined]
            raise


def has_link(wording: Wording) -> bool:
    return "link" in placeholders_in(wording.subject + wording.text)


def written(
    wording: Wording,
    invoice: Invoice,
    *,
    link: Callable[[], str],
    more: Mapping[str, Callable[[], str]] | None = None,
) -> Wording:
    """The words for this document. Its `open_amount` is used where the query had one; `more` are
    values that only this kind of letter has."""
    found = {**_values(invoice), **(more or {})}
    values = {name: _without_link(value) for name, value in found.items()}
    return filled(wording, {**values, "link": link})


def filled(wording: Wording, values: Mapping[str, Callable[[], str]]) -> Wording:
    """With a value for each placeholder; a line whose placeholders are all empty is left out."""
    lines = [
        fill(line, values)
        for line in wording.text.replace("\r\n", "\n").split("\n")
        if not _says_nothing(line, values)
    ]
    subject = " ".join(fill(wording.subject, values).split())
    return Wording(subject[:MOST_SUBJECT], "\n".join(lines).strip())


def with_link(text: str, link: Callable[[], str]) -> str:
    """A text as it was written down, as it leaves."""
    return text.replace(LINK_LATER, link()) if LINK_LATER in text else text


def _without_link(value: Callable[[], str]) -> Callable[[], str]:
    """A customer may be called `{link}`, and still that makes none."""
    return lambda: value().replace(LINK_LATER, "link")


def _says_nothing(line: str, values: Mapping[str, Callable[[], str]]) -> bool:
    """`Reference: {reference}` of a document without one: the line is left out."""
    used = placeholders_in(line)
    return bool(used) and not any(values[name]() for name in used)


def _values(invoice: Invoice) -> Mapping[str, Callable[[], str]]:
    seller = seller_of(invoice)
    figures = Figures(words_of(invoice.language), invoice.currency)
    is_credit = invoice.is_credit_note
    owed = getattr(invoice, "open_amount", ZERO if is_credit else invoice.gross_total)
    return {
        "number": lambda: invoice.number or "",
        "customer": lambda: invoice.billing_name,
        "contact": lambda: invoice.contact_name,
        "company": lambda: seller["legal_name"] or seller["name"],
        "date": lambda: figures.day(invoice.issue_date),
        "due_date": lambda: "" if is_credit else figures.day(invoice.due_date),
        "amount": lambda: figures.money(invoice.gross_total),
        "open": lambda: figures.money(owed),
        "reference": lambda: "" if is_credit else _reference(invoice),
        "iban": lambda: "" if is_credit else in_groups(seller["iban"], 4),
        "order": lambda: invoice.order_reference,
        "for_invoice": lambda: (invoice.corrects.number or "") if invoice.corrects else "",
    }


def _reference(invoice: Invoice) -> str:
    return printed_reference(invoice.payment_reference) or (invoice.number or "")
