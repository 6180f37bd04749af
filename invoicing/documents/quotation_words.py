"""The words of quotations, on paper, in e-mails and on the customer's page, by language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class QuotationWords:
    """One language. Every field is printed somewhere."""

    quotation: str
    number: str
    version: str
    day: str
    valid_until: str
    total: str
    terms: str
    subject: str
    letter: str
    # The customer's page
    from_company: str
    download: str
    decide: str
    your_name: str
    agree: str
    accept: str
    decline: str
    reason: str
    accepted: str  # name, moment
    declined: str
    expired: str  # day
    replaced: str
    name_missing: str
    agree_missing: str


QUOTATION_WORDS: dict[str, QuotationWords] = {
    "en": QuotationWords(
        quotation="Quotation",
        number="Number",
        version="Version",
        day="Date",
        valid_until="Valid until",
        total="Total",
        terms="Terms",
        subject="Quotation {number}: {title}",
        letter=(
            "Good day,\n\nplease find attached our quotation {number}: {title}.\n\n"
            "Read it and tell us what you decide here: {link}\n\nKind regards\n{company}"
        ),
        from_company="Quotation from {}",
        download="Open as PDF",
        decide="Your decision",
        your_name="Your name",
        agree="I accept this quotation with its terms.",
        accept="Accept the quotation",
        decline="Decline it",
        reason="Why (if you like)",
        accepted="Accepted by {} on {}.",
        declined="Declined by {} on {}.",
        expired="This quotation was valid until {}. Please ask us for a new one.",
        replaced="A newer version of this quotation was made. Please use the link sent with it.",
        name_missing="Please enter your name.",
        agree_missing="Please tick that you accept the quotation with its terms.",
    ),
    "fi": QuotationWords(
        quotation="Tarjous",
        number="Numero",
        version="Versio",
        day="Päiväys",
        valid_until="Voimassa",
        total="Yhteensä",
        terms="Ehdot",
        subject="Tarjous {number}: {title}",
        letter=(
            "Hei,\n\nliitteenä on tarjouksemme {number}: {title}.\n\n"
            "Voit lukea sen ja ilmoittaa päätöksesi täällä: {link}\n\n"
            "Ystävällisin terveisin\n{company}"
        ),
        from_company="Tarjous, {}",
        download="Avaa PDF",
        decide="Päätöksesi",
        your_name="Nimesi",
        agree="Hyväksyn tarjouksen ja sen ehdot.",
        accept="Hyväksy tarjous",
        decline="Hylkää tarjous",
        reason="Syy (halutessasi)",
        accepted="{} hyväksyi tarjouksen {}.",
        declined="{} hylkäsi tarjouksen {}.",
        expired="Tarjous oli voimassa {} asti. Pyydä meiltä uusi tarjous.",
        replaced="Tarjouksesta on tehty uudempi versio. Käytä sen mukana lähetettyä linkkiä.",
        name_missing="Kirjoita nimesi.",
        agree_missing="Merkitse, että hyväksyt tarjouksen ja sen ehdot.",
    ),
    "sv": QuotationWords(
        quotation="Offert",
        number="Nummer",
        version="Version",
        day="Datum",
        valid_until="Giltig till",
        total="Totalt",
        terms="Villkor",
        subject="Offert {number}: {title}",
        letter=(
            "Hej,\n\nbifogat finns vår offert {number}: {title}.\n\n"
            "Läs den och meddela ditt beslut här: {link}\n\nMed vänlig hälsning\n{company}"
        ),
        from_company="Offert från {}",
        download="Öppna som PDF",
        decide="Ditt beslut",
        your_name="Ditt namn",
        agree="Jag godkänner offerten och dess villkor.",
        accept="Godkänn offerten",
        decline="Avböj offerten",
        reason="Varför (om du vill)",
        accepted="Godkänd av {} den {}.",
        declined="Avböjd av {} den {}.",
        expired="Offerten gällde till {}. Be oss om en ny.",
        replaced="En nyare version av offerten har gjorts. Använd länken som skickades med den.",
        name_missing="Skriv ditt namn.",
        agree_missing="Kryssa för att du godkänner offerten och dess villkor.",
    ),
    "de": QuotationWords(
        quotation="Angebot",
        number="Nummer",
        version="Fassung",
        day="Datum",
        valid_until="Gültig bis",
        total="Gesamt",
        terms="Bedingungen",
        subject="Angebot {number}: {title}",
        letter=(
            "Guten Tag,\n\nanbei erhalten Sie unser Angebot {number}: {title}.\n\n"
            "Sie können es lesen und uns Ihre Entscheidung mitteilen: {link}\n\n"
            "Mit freundlichen Grüßen\n{company}"
        ),
        from_company="Angebot von {}",
        download="Als PDF öffnen",
        decide="Ihre Entscheidung",
        your_name="Ihr Name",
        agree="Ich nehme dieses Angebot mit seinen Bedingungen an.",
        accept="Angebot annehmen",
        decline="Ablehnen",
        reason="Warum (wenn Sie mögen)",
        accepted="Angenommen von {} am {}.",
        declined="Abgelehnt von {} am {}.",
        expired="Dieses Angebot galt bis {}. Bitte fragen Sie uns nach einem neuen.",
        replaced="Es gibt eine neuere Fassung. Bitte nutzen Sie den Link, der mit ihr kam.",
        name_missing="Bitte geben Sie Ihren Namen ein.",
        agree_missing="Bitte bestätigen Sie, dass Sie das Angebot mit seinen Bedingungen annehmen.",
    ),
}
