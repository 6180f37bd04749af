"""What a reminder says, by level and language of the document; `{amounts}` is what it asks for."""

from collections.abc import Callable, Mapping
from typing import Any

from core.money import ZERO
from invoicing.documents.figures import Figures
from invoicing.documents.heads import in_groups
from invoicing.documents.printed import printed_reference, seller_of
from invoicing.documents.reminder_words import REMINDER_WORDS
from invoicing.documents.words import words_of
from invoicing.domain.reminding.proposing import Proposal
from invoicing.domain.sending.own_words import forget_words, keep_words
from invoicing.domain.sending.wording import (
    LINK_LATER,
    PLACEHOLDERS,
    Wording,
    check_wording,
    written,
)
from invoicing.models import ReminderText
from tenants.models import User

# Filled in when the letter is set: lines in an e-mail, a table on paper.
AMOUNTS = "{amounts}"
REMINDER_PLACEHOLDERS = (
    *PLACEHOLDERS, "amounts", "fee", "interest", "total", "pay_by", "days_late",
)  # fmt: skip

_FIRST, _SECOND, _LAST = (
    {
        "en": Wording(
            "Reminder: invoice {number} from {company}",
            "Good day,\n\n"
            "invoice {number} of {date} was due on {due_date}, and we have not received all of it"
            " yet. It may have slipped your attention: please pay by {pay_by}.\n\n"
            "{amounts}\n\n"
            "If you have paid in the meantime, please disregard this letter. If something is not"
            " in order, please write to us.\n\n"
            "Kind regards\n{company}",
        ),
        "fi": Wording(
            "Maksumuistutus: lasku {number}, {company}",
            "Hei,\n\n"
            "lasku {number}, päivätty {date}, erääntyi {due_date}, emmekä ole vielä saaneet koko"
            " suoritusta. Pyydämme maksamaan viimeistään {pay_by}.\n\n"
            "{amounts}\n\n"
            "Jos olette jo maksaneet, tämä muistutus on aiheeton. Jos laskussa on huomautettavaa,"
            " ottakaa meihin yhteyttä.\n\n"
            "Ystävällisin terveisin\n{company}",
        ),
        "sv": Wording(
            "Påminnelse: faktura {number} från {company}",
            "Hej,\n\n"
            "faktura {number} daterad {date} förföll den {due_date} och vi har ännu inte fått"
            " hela betalningen. Vi ber er betala senast den {pay_by}.\n\n"
            "{amounts}\n\n"
            "Har ni redan betalat kan ni bortse från detta brev. Är något oklart, kontakta oss"
            " gärna.\n\n"
            "Med vänlig hälsning\n{company}",
        ),
        "de": Wording(
            "Zahlungserinnerung: Rechnung {number} von {company}",
            "Guten Tag,\n\n"
            "die Rechnung {number} vom {date} war am {due_date} fällig, und wir haben sie noch"
            " nicht vollständig erhalten. Sicher ist sie nur übersehen worden: bitte zahlen Sie"
            " bis zum {pay_by}.\n\n"
            "{amounts}\n\n"
            "Hat sich dies mit Ihrer Zahlung überschnitten, betrachten Sie das Schreiben bitte als"
            " gegenstandslos. Haben Sie Fragen zur Rechnung, melden Sie sich bei uns.\n\n"
            "Mit freundlichen Grüßen\n{company}",
        ),
    },
    {
        "en": Wording(
            "Second reminder: invoice {number} from {company}",
            "Good day,\n\n"
            "we have reminded you before of invoice {number} of {date}, which was due on"
            " {due_date}, and is open for {days_late} days. Please pay by {pay_by}.\n\n"
            "{amounts}\n\n"
            "If you have paid in the meantime, please disregard this letter.\n\n"
            "Kind regards\n{company}",
        ),
        "fi": Wording(
            "Toinen maksumuistutus: lasku {number}, {company}",
            "Hei,\n\n"
            "olemme jo muistuttaneet laskusta {number}, päivätty {date}. Se erääntyi {due_date}"
            " ja on ollut maksamatta {days_late} päivää. Pyydämme maksamaan viimeistään"
            " {pay_by}.\n\n"
            "{amounts}\n\n"
            "Jos olette jo maksaneet, tämä muistutus on aiheeton.\n\n"
            "Ystävällisin terveisin\n{company}",
        ),
        "sv": Wording(
            "Andra påminnelsen: faktura {number} från {company}",
            "Hej,\n\n"
            "vi har redan påmint om faktura {number} daterad {date}. Den förföll den {due_date}"
            " och är {days_late} dagar sen. Vi ber er betala senast den {pay_by}.\n\n"
            "{amounts}\n\n"
            "Har ni redan betalat kan ni bortse från detta brev.\n\n"
            "Med vänlig hälsning\n{company}",
        ),
        "de": Wording(
            "Mahnung: Rechnung {number} von {company}",
            "Guten Tag,\n\n"
            "an die Rechnung {number} vom {date} haben wir Sie bereits erinnert. Sie war am"
            " {due_date} fällig und ist seit {days_late} Tagen offen. Bitte zahlen Sie bis zum"
            " {pay_by}.\n\n"
            "{amounts}\n\n"
            "Hat sich dies mit Ihrer Zahlung überschnitten, betrachten Sie das Schreiben bitte als"
            " gegenstandslos.\n\n"
            "Mit freundlichen Grüßen\n{company}",
        ),
    },
    {
        "en": Wording(
            "Final reminder: invoice {number} from {company}",
            "Good day,\n\n"
            "invoice {number} of {date} is {days_late} days late in spite of our reminders."
            " This is our last one: please pay by {pay_by}. After that we hand the claim over for"
            " collection, which causes further costs.\n\n"
            "{amounts}\n\n"
            "Kind regards\n{company}",
        ),
        "fi": Wording(
            "Viimeinen maksumuistutus: lasku {number}, {company}",
            "Hei,\n\n"
            "lasku {number}, päivätty {date}, on muistutuksistamme huolimatta {days_late} päivää"
            " myöhässä. Tämä on viimeinen muistutuksemme: pyydämme maksamaan viimeistään {pay_by}."
            " Sen jälkeen siirrämme saatavan perintään, mistä aiheutuu lisäkuluja.\n\n"
            "{amounts}\n\n"
            "Ystävällisin terveisin\n{company}",
        ),
        "sv": Wording(
            "Sista påminnelsen: faktura {number} från {company}",
            "Hej,\n\n"
            "faktura {number} daterad {date} är trots våra påminnelser {days_late} dagar sen."
            " Detta är vår sista påminnelse: vi ber er betala senast den {pay_by}. Därefter"
            " överlämnar vi fordran till indrivning, vilket medför ytterligare kostnader.\n\n"
            "{amounts}\n\n"
            "Med vänlig hälsning\n{company}",
        ),
        "de": Wording(
            "Letzte Mahnung: Rechnung {number} von {company}",
            "Guten Tag,\n\n"
            "die Rechnung {number} vom {date} ist trotz unserer Schreiben seit {days_late} Tagen"
            " überfällig. Dies ist unsere letzte Mahnung: bitte zahlen Sie bis zum {pay_by}."
            " Danach geben wir die Forderung zum Einzug ab, was weitere Kosten verursacht.\n\n"
            "{amounts}\n\n"
            "Mit freundlichen Grüßen\n{company}",
        ),
    },
)


LAST_WORDS = 3


def default_words(level: int, language: str) -> Wording:
    """The last one also for every level beyond."""
    return (_FIRST, _SECOND, _LAST)[min(level, LAST_WORDS) - 1][language]


def own_words() -> dict[tuple[int, str], ReminderText]:
    return {(own.level, own.language): own for own in ReminderText.objects.all()}


def words_for(level: int, language: str) -> Wording:
    own = ReminderText.objects.filter(level=min(level, LAST_WORDS), language=language).first()
    return Wording(own.subject, own.text) if own else default_words(level, language)


def check_words(wording: Wording) -> None:
    check_wording(wording, REMINDER_PLACEHOLDERS)


def save_words(level: int, language: str, wording: Wording, *, actor: User) -> None:
    """Use these words from now on."""
    check_words(wording)
    default = default_words(level, language)
    keep_words(ReminderText, wording, default, actor=actor, level=level, language=language)


def reset_words(level: int, language: str, *, actor: User) -> None:
    forget_words(ReminderText, actor=actor, level=level, language=language)


def reminder_wording(
    proposal: Proposal, wording: Wording, *, link: Callable[[], str] | None = None
) -> Wording:
    """The words for this invoice on this day; the amounts keep their place."""
    invoice = proposal.invoice
    figures = Figures(words_of(invoice.language), invoice.currency)
    more: Mapping[str, Callable[[], str]] = {
        "amounts": lambda: AMOUNTS,
        "fee": lambda: figures.money(proposal.fees) if proposal.fees else "",
        "interest": lambda: figures.money(proposal.interest) if proposal.interest else "",
        "total": lambda: figures.money(proposal.total),
        "pay_by": lambda: figures.day(proposal.pay_by),
        "days_late": lambda: str(proposal.days_late),
    }
    return written(wording, invoice, link=link or (lambda: LINK_LATER), more=more)


def with_amounts(text: str, reminder: Any, invoice: Any) -> str:
    """The text of the e-mail: what is asked for, line by line, where its place is."""
    return text.replace(AMOUNTS, "\n".join(amount_lines(reminder, invoice)))


def amount_lines(reminder: Any, invoice: Any) -> list[str]:
    own, words = REMINDER_WORDS[invoice.language], words_of(invoice.language)
    figures = Figures(words, invoice.currency)
    parts = [
        (own.open, reminder.open_amount),
        (own.fee, reminder.fee),
        (own.earlier_fees, reminder.earlier_fees),
        (own.lump_sum, reminder.lump_sum),
        (own.interest, reminder.interest),
    ]
    lines = [f"{label}: {figures.money(amount)}" for label, amount in parts if amount != ZERO]
    return [*lines, f"{own.total}: {figures.money(reminder.total)}", *_pay_to(invoice)]


def _pay_to(invoice: Any) -> list[str]:
    words, iban = words_of(invoice.language), seller_of(invoice)["iban"]
    reference = printed_reference(invoice.payment_reference) or invoice.number
    found = [f"IBAN: {in_groups(iban, 4)}"] if iban else []
    return ["", *found, f"{words.reference}: {reference}"]
