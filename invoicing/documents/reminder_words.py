"""The words of reminders on paper, in the language of their invoice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReminderWords:
    """One language. Every field is printed somewhere."""

    # By level; the last one also of every level beyond.
    titles: tuple[str, str, str]
    what: str
    amount: str
    days_late: str
    gross: str
    settled: str
    open: str
    fee: str
    earlier_fees: str
    lump_sum: str
    interest: str
    interest_of: str  # percent, principal, first and last day, days
    total: str
    pay_by: str

    def title(self, level: int) -> str:
        return self.titles[min(level, len(self.titles)) - 1]


REMINDER_WORDS: dict[str, ReminderWords] = {
    "en": ReminderWords(
        titles=("Payment reminder", "Second reminder", "Final reminder"),
        what="What",
        amount="Amount",
        days_late="Days late",
        gross="Invoice total",
        settled="Paid or credited",
        open="Open of the invoice",
        fee="Reminder fee",
        earlier_fees="Fees of earlier reminders",
        lump_sum="Lump sum for late payment",
        interest="Interest on late payment",
        interest_of="{} on {}, {} – {} ({} days)",
        total="To pay",
        pay_by="Pay by",
    ),
    "fi": ReminderWords(
        titles=("Maksumuistutus", "Toinen maksumuistutus", "Viimeinen maksumuistutus"),
        what="Erittely",
        amount="Määrä",
        days_late="Päiviä myöhässä",
        gross="Laskun summa",
        settled="Maksettu tai hyvitetty",
        open="Laskusta avoinna",
        fee="Muistutusmaksu",
        earlier_fees="Aiemmat muistutusmaksut",
        lump_sum="Vakiokorvaus",
        interest="Viivästyskorko",
        interest_of="{} / {}, {} – {} ({} pv)",
        total="Maksettava",
        pay_by="Maksettava viimeistään",
    ),
    "sv": ReminderWords(
        titles=("Betalningspåminnelse", "Andra påminnelsen", "Sista påminnelsen"),
        what="Specifikation",
        amount="Belopp",
        days_late="Dagar sen",
        gross="Fakturans summa",
        settled="Betalt eller krediterat",
        open="Öppet av fakturan",
        fee="Påminnelseavgift",
        earlier_fees="Tidigare påminnelseavgifter",
        lump_sum="Förseningsersättning",
        interest="Dröjsmålsränta",
        interest_of="{} på {}, {} – {} ({} dagar)",
        total="Att betala",
        pay_by="Betalas senast",
    ),
    "de": ReminderWords(
        titles=("Zahlungserinnerung", "Mahnung", "Letzte Mahnung"),
        what="Aufstellung",
        amount="Betrag",
        days_late="Tage überfällig",
        gross="Rechnungsbetrag",
        settled="Gezahlt oder gutgeschrieben",
        open="Offener Betrag",
        fee="Mahngebühr",
        earlier_fees="Frühere Mahngebühren",
        lump_sum="Verzugspauschale (§ 288 Abs. 5 BGB)",
        interest="Verzugszinsen",
        interest_of="{} auf {}, {} – {} ({} Tage)",
        total="Zu zahlen",
        pay_by="Zahlbar bis",
    ),
}
