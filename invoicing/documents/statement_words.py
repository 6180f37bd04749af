"""The words of statements of account, in the language of their customer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StatementWords:
    """One language. Every field is printed somewhere."""

    title: str
    period: str
    currency: str
    customer_number: str
    on: str
    document: str
    due: str
    charged: str
    settled: str
    balance: str
    opening: str
    closing: str
    open_documents: str
    days_late: str
    open: str
    nothing_open: str
    ages: tuple[str, str, str, str, str]
    total: str
    overdue: str
    credit: str
    in_your_favour: str
    ask: str
    kinds: dict[str, str]


STATEMENT_WORDS: dict[str, StatementWords] = {
    "en": StatementWords(
        title="Statement of account",
        period="Period",
        currency="Currency",
        customer_number="Customer number",
        on="Date",
        document="Document",
        due="Due",
        charged="Charged",
        settled="Settled",
        balance="Balance",
        opening="Opening balance",
        closing="Closing balance",
        open_documents="Open invoices",
        days_late="Days late",
        open="Open",
        nothing_open="No invoice is open.",
        ages=("Not due", "1–30 days late", "31–60 days", "61–90 days", "Over 90 days"),
        total="Total",
        overdue="Overdue",
        credit="Your credit with us",
        in_your_favour="in your favour",
        ask="Does this differ from your books? Please write to us.",
        kinds={
            "invoice": "Invoice",
            "credit_note": "Credit note",
            "received": "Payment",
            "refund": "Paid back to you",
            "reversal": "Payment reversed",
            "discount": "Discount",
            "bank_cost": "Bank cost",
            "bad_debt": "Waived",
        },
    ),
    "fi": StatementWords(
        title="Asiakastiliote",
        period="Ajanjakso",
        currency="Valuutta",
        customer_number="Asiakasnumero",
        on="Päivä",
        document="Tosite",
        due="Eräpäivä",
        charged="Veloitus",
        settled="Hyvitys",
        balance="Saldo",
        opening="Alkusaldo",
        closing="Loppusaldo",
        open_documents="Avoimet laskut",
        days_late="Myöhässä pv",
        open="Avoinna",
        nothing_open="Avoimia laskuja ei ole.",
        ages=("Erääntymätön", "1–30 pv myöhässä", "31–60 pv", "61–90 pv", "Yli 90 pv"),
        total="Yhteensä",
        overdue="Erääntynyt",
        credit="Hyväksenne",
        in_your_favour="hyväksenne",
        ask="Poikkeaako tämä kirjanpidostanne? Ottakaa meihin yhteyttä.",
        kinds={
            "invoice": "Lasku",
            "credit_note": "Hyvityslasku",
            "received": "Suoritus",
            "refund": "Palautettu teille",
            "reversal": "Suoritus peruttu",
            "discount": "Alennus",
            "bank_cost": "Pankkikulut",
            "bad_debt": "Luovuttu",
        },
    ),
    "sv": StatementWords(
        title="Kontoutdrag",
        period="Period",
        currency="Valuta",
        customer_number="Kundnummer",
        on="Datum",
        document="Dokument",
        due="Förfaller",
        charged="Debiterat",
        settled="Reglerat",
        balance="Saldo",
        opening="Ingående saldo",
        closing="Utgående saldo",
        open_documents="Öppna fakturor",
        days_late="Dagar sen",
        open="Öppet",
        nothing_open="Inga fakturor är öppna.",
        ages=("Ej förfallet", "1–30 dagar sent", "31–60 dagar", "61–90 dagar", "Över 90 dagar"),
        total="Summa",
        overdue="Förfallet",
        credit="Ert tillgodohavande",
        in_your_favour="er till godo",
        ask="Avviker detta från er bokföring? Kontakta oss gärna.",
        kinds={
            "invoice": "Faktura",
            "credit_note": "Kreditfaktura",
            "received": "Betalning",
            "refund": "Återbetalat till er",
            "reversal": "Betalning återförd",
            "discount": "Rabatt",
            "bank_cost": "Bankkostnad",
            "bad_debt": "Efterskänkt",
        },
    ),
    "de": StatementWords(
        title="Kontoauszug",
        period="Zeitraum",
        currency="Währung",
        customer_number="Kundennummer",
        on="Datum",
        document="Beleg",
        due="Fällig",
        charged="Belastung",
        settled="Gutschrift",
        balance="Saldo",
        opening="Anfangssaldo",
        closing="Endsaldo",
        open_documents="Offene Rechnungen",
        days_late="Tage überfällig",
        open="Offen",
        nothing_open="Keine Rechnung ist offen.",
        ages=("Nicht fällig", "1–30 Tage überfällig", "31–60 Tage", "61–90 Tage", "Über 90 Tage"),
        total="Summe",
        overdue="Überfällig",
        credit="Ihr Guthaben",
        in_your_favour="zu Ihren Gunsten",
        ask="Weicht dies von Ihren Büchern ab? Bitte melden Sie sich bei uns.",
        kinds={
            "invoice": "Rechnung",
            "credit_note": "Rechnungskorrektur",
            "received": "Zahlung",
            "refund": "An Sie erstattet",
            "reversal": "Zahlung storniert",
            "discount": "Nachlass",
            "bank_cost": "Bankkosten",
            "bad_debt": "Erlassen",
        },
    ),
}
