"""What Netvisor's documentation leaves open, in one place.

Each is to be confirmed in its training environment; `docs/integrations/netvisor.md` lists them.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

# Goes into every signature, whose encoding of other letters is told differently: ASCII only.
SENDER = "Laskuri"

# Both are taken according to the documentation; the older one is recommended.
ENCODINGS = {"utf-8": "UTF-8", "iso-8859-15": "ISO-8859-15"}
USUAL_ENCODING = "utf-8"

# Searches may have other letters: they are written percent-encoded in this, once, and signed so.
QUERY_ENCODING = "utf-8"

# How long a call may take; a person's search is cut earlier.
ANSWER_SECONDS = 120.0

# After maintenance and errors there; the documentation says tens of minutes.
MAINTENANCE_SECONDS = 20 * 60.0
# A credit note waits so long for its invoice to be sent there, and for so many hours at most.
MATCH_SECONDS = 60 * 60.0
MATCH_HOURS = 24

# Numbers are digits there: credit notes get this in place of the letters of their series.
CREDIT_PREFIX = "9"

# Where no length is documented, the shortest one that public clients keep to.
NUMBER = 20
REFERENCE_TEXT = 35
NAME = 50
FREE_TEXT = 500
COMMENT = 500
DESCRIPTION = 100
FILE_NAME = 255
STREET = 80
# Lists know invoices by number only; drafts have none, and are looked for by day and customer.
DRAFTS_ARE_LISTED = True
# At most so many are read at once.
READ_AT_ONCE = 500

# `changed since` is taken as the local time there; clocks differ, so a little earlier is asked for.
ZONE = ZoneInfo("Europe/Helsinki")
CLOCK_MARGIN_SECONDS = 15 * 60
# Payments may be dated before their invoice.
EARLIER_PAYMENT_DAYS = 90


def moment(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M:%S}"


# Which VAT code a line has; the connection's form offers these to be changed.
DOMESTIC = "KOMY"
VAT_CODES = {
    "vat_zero": "KOMY",
    "vat_exempt": "MUUL",
    "vat_construction": "RAMY",
    "vat_eu_services": "EUPM309",
    "vat_eu_goods": "EUMY",
    "vat_export": "EUUM",
    "vat_outside_scope": "NONE",
}
SALES_CODES = {
    "KOMY": "Domestic sales",
    "EUMY": "Goods to the EU",
    "EUPM309": "Services to the EU, main rule",
    "EUPM312": "Services to the EU, other",
    "EUUM": "Outside the EU",
    "MUUL": "Other turnover without VAT",
    "RAMY": "Construction service, reverse charge",
    "NONE": "No VAT handling",
}
# Products are created in this group unless the connection names another one.
PRODUCT_GROUP = "Palvelut"
