"""What sevDesk's documentation does not say, or says by halves: our reading of it, in one place.

Each of these is to be confirmed with a trial account; `docs/integrations/sevdesk.md` lists them.
"""

from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus

from integrations.pacing import Rate

# A request without an answer may be stored this much later; until then nothing is saved again.
# It is looked for meanwhile, every so often.
QUIET = timedelta(minutes=10)
LOOKED_FOR_EVERY = timedelta(minutes=2)

# An account that was closed, or is not paid, answers as one whose token may not do this.
CLOSED = HTTPStatus.FORBIDDEN

# No limit is published; other programs ask two to four times a second and are left alone.
RATE = Rate(40, 10, burst=12)

# What a tax rule is taken for, by our tax category and where the customer is.
DOMESTIC, EXPORT, EU_GOODS, EXEMPT, REVERSE_CHARGE_HOME, SMALL_BUSINESS = (
    "1", "2", "3", "4", "5", "11",
)  # fmt: skip
NOT_TAXABLE, REVERSE_CHARGE_EU = "17", "21"
OSS_RULES = ("18", "19", "20")
# The rates that a rule takes; None: those of the country the service goes to.
RATES: dict[str, frozenset[Decimal] | None] = {
    DOMESTIC: frozenset(map(Decimal, ("0", "7", "19"))),
    EU_GOODS: frozenset(map(Decimal, ("0", "7", "19"))),
    **dict.fromkeys(OSS_RULES),
    **dict.fromkeys(
        (EXPORT, EXEMPT, REVERSE_CHARGE_HOME, SMALL_BUSINESS, NOT_TAXABLE, REVERSE_CHARGE_EU),
        frozenset({Decimal(0)}),
    ),
}
# The old bookkeeping's words for the same. What is missing here was a tax set of the company's own
# there: the connection names it.
TAX_TYPES = {
    DOMESTIC: "default",
    EU_GOODS: "eu",
    REVERSE_CHARGE_EU: "eu",
    EXPORT: "noteu",
    NOT_TAXABLE: "noteu",
    SMALL_BUSINESS: "ss",
}
CUSTOM_TAX_TYPE = "custom"

# Printed beside the tax, in German and in English.
TAX_TEXTS = {
    DOMESTIC: ("Umsatzsteuer", "VAT"),
    EXPORT: ("Steuerfreie Ausfuhrlieferung", "Tax-free export"),
    EU_GOODS: ("Steuerfreie innergemeinschaftliche Lieferung", "Intra-Community supply"),
    EXEMPT: ("Steuerfrei nach § 4 UStG", "Exempt from VAT (§ 4 UStG)"),
    REVERSE_CHARGE_HOME: (
        "Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)",
        "Reverse charge (§ 13b UStG)",
    ),
    SMALL_BUSINESS: (
        "Kein Ausweis von Umsatzsteuer (§ 19 UStG)",
        "No VAT is charged (§ 19 UStG)",
    ),
    NOT_TAXABLE: ("Nicht im Inland steuerbare Leistung", "Not taxable in Germany"),
    REVERSE_CHARGE_EU: (
        "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge)",
        "Reverse charge",
    ),
    **dict.fromkeys(OSS_RULES, ("Umsatzsteuer (One Stop Shop)", "VAT (One Stop Shop)")),
}

# Decimals of quantities and prices that are certainly kept.
MOST_PLACES = Decimal("0.0001")
# JSON numbers beyond this many digits might be rounded on the way.
MOST_DIGITS = 15
# Letters of a position's name, of the header, and of the field that bears our marks.
NAME_LETTERS, HEADER_LETTERS, NOTE_LETTERS = 200, 200, 255
# Marks of several documents in one draft stand side by side.
BETWEEN_MARKS = " "

# A delivery date after the invoice date is refused; equal ones always pass.
DELIVERY_MAY_FOLLOW_INVOICE = False

# Codes of units; ids beyond "piece" differ from company to company.
UNITIES = {
    "HUR": "UNITY_HOUR",
    "DAY": "UNITY_DAYS",
    "C62": "UNITY_PIECE",
    "KMT": "UNITY_KILOMETER",
    "P1": "UNITY_PERCENT",
    "MON": "UNITY_MONTHS",
    "KGM": "UNITY_KILOGRAM",
    "LTR": "UNITY_LITER",
    "MTR": "UNITY_METER",
    "MTK": "UNITY_SQUARE_METER",
    "MTQ": "UNITY_CUBIC_METER",
}
NO_UNITY, PIECE = "UNITY_EMPTY", "UNITY_PIECE"

# Kinds of addresses and ways to reach a contact.
CUSTOMER, SUPPLIER = 3, 2
BUSINESS_ADDRESS = 43
INVOICE_EMAIL = 8

# Where a file goes that a document names afterwards; the documentation has it for vouchers.
UPLOAD_PATH = "/Voucher/Factory/uploadTempFile"
# The number range of credit notes.
CREDIT_NOTE_SEQUENCES = ("CN", "GS")
# Which of the company's own data says its name; older clients read it.
COMPANY_PATH = "/SevClient"

# A document's page in the web application.
DOCUMENT_URL = "https://my.sevdesk.de/fi/detail/type/RE/id/{id}"

# Doubles are looked for among what was saved from this long before the last request on.
LOOK_BACK = timedelta(days=1)
# Clocks differ: payments are asked for from a little earlier on.
CLOCKS_DIFFER = timedelta(minutes=10)
