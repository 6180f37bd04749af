"""The words of the customer's page, in the language of the documents they get.

Kept like the words of documents: customers read four languages, the program's pages fewer.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageWords:
    from_company: str
    invoice: str
    credit_note: str
    read_pdf: str
    take_xml: str
    pdf_waits: str
    open_now: str
    overdue: str
    settled: str
    to_pay: str
    scan: str
    lines: str
    more_lines: str
    open_documents: str
    other_documents: str
    prepaid: str
    prepaid_left: str
    newer: str
    older: str
    nothing_open: str
    due: str
    open_altogether: str
    ask: str
    your_question: str
    your_name: str
    your_email: str
    send: str
    asked: str
    empty_question: str
    wrong_email: str
    too_many: str
    questions_to: str
    not_valid_title: str
    not_valid: str
    expired_title: str
    expired: str
    too_often_title: str
    too_often: str


WORDS = {
    "en": PageWords(
        from_company="from",
        invoice="Invoice",
        credit_note="Credit note",
        read_pdf="Open the PDF",
        take_xml="E-invoice as XML",
        pdf_waits="The PDF is still being made. Load this page again in a moment.",
        open_now="Open",
        overdue="Overdue",
        settled="Nothing to pay",
        to_pay="To pay",
        scan="Scan with your bank's app",
        lines="What it is about",
        more_lines="The other lines are in the PDF.",
        open_documents="Open invoices",
        other_documents="Earlier documents",
        prepaid="Prepaid hours",
        prepaid_left="{left} h of {bought} h are left",
        newer="Previous page",
        older="More documents",
        nothing_open="Nothing is open.",
        due="due",
        open_altogether="Open altogether",
        ask="Ask about this document",
        your_question="Your question",
        your_name="Your name",
        your_email="Your e-mail address",
        send="Send the question",
        asked="Thank you. Your question has arrived; you will get an answer.",
        empty_question="Write your question.",
        wrong_email="Write the e-mail address like anna@example.com, or leave it out.",
        too_many="You have asked several times just now. Try again in an hour, or write an e-mail.",
        questions_to="Or write to",
        not_valid_title="This link does not work",
        not_valid="It is not complete, or was withdrawn. Ask whoever sent it for a new one.",
        expired_title="This link has expired",
        expired="Ask whoever sent it for a new one.",
        too_often_title="One moment",
        too_often="Too many pages were asked for. Try again in a minute.",
    ),
    "fi": PageWords(
        from_company="lähettäjä",
        invoice="Lasku",
        credit_note="Hyvityslasku",
        read_pdf="Avaa PDF",
        take_xml="Verkkolasku (XML)",
        pdf_waits="PDF on vielä tekeillä. Lataa sivu hetken päästä uudelleen.",
        open_now="Avoinna",
        overdue="Erääntynyt",
        settled="Ei maksettavaa",
        to_pay="Maksettava",
        scan="Lue pankkisi sovelluksella",
        lines="Mitä lasku koskee",
        more_lines="Muut rivit ovat PDF:ssä.",
        open_documents="Avoimet laskut",
        other_documents="Aiemmat asiakirjat",
        prepaid="Ennakkoon maksetut työtunnit",
        prepaid_left="Jäljellä {left} h / {bought} h",
        newer="Edellinen sivu",
        older="Lisää asiakirjoja",
        nothing_open="Avoimia laskuja ei ole.",
        due="eräpäivä",
        open_altogether="Avoinna yhteensä",
        ask="Kysy tästä asiakirjasta",
        your_question="Kysymyksesi",
        your_name="Nimesi",
        your_email="Sähköpostiosoitteesi",
        send="Lähetä kysymys",
        asked="Kiitos. Kysymyksesi on perillä, ja saat siihen vastauksen.",
        empty_question="Kirjoita kysymyksesi.",
        wrong_email="Kirjoita osoite muodossa anna@example.com tai jätä se pois.",
        too_many="Olet juuri kysynyt monta kertaa. Yritä tunnin päästä uudelleen tai kirjoita "
        "sähköpostia.",
        questions_to="Tai kirjoita osoitteeseen",
        not_valid_title="Linkki ei toimi",
        not_valid="Se ei ole kokonainen tai se on peruttu. Pyydä lähettäjältä uusi.",
        expired_title="Linkki on vanhentunut",
        expired="Pyydä lähettäjältä uusi.",
        too_often_title="Hetkinen",
        too_often="Sivuja on pyydetty liian monta. Yritä minuutin päästä uudelleen.",
    ),
    "sv": PageWords(
        from_company="från",
        invoice="Faktura",
        credit_note="Kreditfaktura",
        read_pdf="Öppna PDF",
        take_xml="E-faktura (XML)",
        pdf_waits="PDF-filen skapas ännu. Ladda sidan på nytt om en stund.",
        open_now="Öppet",
        overdue="Förfallen",
        settled="Inget att betala",
        to_pay="Att betala",
        scan="Läs av med din banks app",
        lines="Vad den gäller",
        more_lines="De övriga raderna finns i PDF-filen.",
        open_documents="Öppna fakturor",
        other_documents="Tidigare dokument",
        prepaid="Förbetalda timmar",
        prepaid_left="{left} h av {bought} h kvar",
        newer="Föregående sida",
        older="Fler dokument",
        nothing_open="Inget är öppet.",
        due="förfaller",
        open_altogether="Öppet sammanlagt",
        ask="Fråga om det här dokumentet",
        your_question="Din fråga",
        your_name="Ditt namn",
        your_email="Din e-postadress",
        send="Skicka frågan",
        asked="Tack. Din fråga har kommit fram och du får ett svar.",
        empty_question="Skriv din fråga.",
        wrong_email="Skriv adressen som anna@example.com, eller lämna den tom.",
        too_many="Du har frågat flera gånger nyss. Försök igen om en timme eller skriv ett mejl.",
        questions_to="Eller skriv till",
        not_valid_title="Länken fungerar inte",
        not_valid="Den är inte hel eller har återkallats. Be avsändaren om en ny.",
        expired_title="Länken har gått ut",
        expired="Be avsändaren om en ny.",
        too_often_title="Ett ögonblick",
        too_often="För många sidor har begärts. Försök igen om en minut.",
    ),
    "de": PageWords(
        from_company="von",
        invoice="Rechnung",
        credit_note="Gutschrift",
        read_pdf="PDF öffnen",
        take_xml="E-Rechnung (XML)",
        pdf_waits="Das PDF wird noch erstellt. Laden Sie die Seite gleich noch einmal.",
        open_now="Offen",
        overdue="Überfällig",
        settled="Nichts zu zahlen",
        to_pay="Zu zahlen",
        scan="Mit der App Ihrer Bank scannen",
        lines="Worum es geht",
        more_lines="Die übrigen Positionen stehen im PDF.",
        open_documents="Offene Rechnungen",
        other_documents="Frühere Belege",
        prepaid="Vorausbezahlte Stunden",
        prepaid_left="Noch {left} h von {bought} h übrig",
        newer="Vorherige Seite",
        older="Weitere Belege",
        nothing_open="Es ist nichts offen.",
        due="fällig",
        open_altogether="Insgesamt offen",
        ask="Frage zu diesem Beleg",
        your_question="Ihre Frage",
        your_name="Ihr Name",
        your_email="Ihre E-Mail-Adresse",
        send="Frage senden",
        asked="Vielen Dank. Ihre Frage ist angekommen; Sie erhalten eine Antwort.",
        empty_question="Schreiben Sie Ihre Frage.",
        wrong_email="Schreiben Sie die Adresse wie anna@example.com, oder lassen Sie sie weg.",
        too_many="Sie haben eben mehrmals gefragt. Versuchen Sie es in einer Stunde wieder, oder "
        "schreiben Sie eine E-Mail.",
        questions_to="Oder schreiben Sie an",
        not_valid_title="Dieser Link funktioniert nicht",
        not_valid="Er ist unvollständig oder wurde zurückgezogen. Bitten Sie den Absender um einen "
        "neuen.",
        expired_title="Dieser Link ist abgelaufen",
        expired="Bitten Sie den Absender um einen neuen.",
        too_often_title="Einen Moment",
        too_often="Es wurden zu viele Seiten abgerufen. Versuchen Sie es in einer Minute wieder.",
    ),
}
