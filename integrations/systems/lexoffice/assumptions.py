"""What the documentation of Lexware Office leaves open, in one place.

`docs/integrations/lexoffice.md` lists it: to be confirmed with a test account.
"""

from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus

# The gateway gives up after 30 seconds; what it gave up on may be stored a little later.
QUIET = timedelta(seconds=60)
# A document is looked for among those created from this long before its first unknown outcome.
LOOK_BACK = timedelta(days=1)
# A list may show a new document a moment later: then it is asked again after this.
LISTED_LATER = timedelta(seconds=3)
# Moments of one service are told by several clocks.
CLOCKS_THERE = timedelta(milliseconds=250)
# 429 comes without a word on when to come again.
PAUSE_SECONDS = 5.0
# An organisation that was closed answers as one whose contract is not paid.
CLOSED = HTTPStatus.PAYMENT_REQUIRED
# Older versions of a contact: the documentation says 409, measured was 406 with this source.
STALE_SOURCE = "version"
MOST_TRIES_WHEN_STALE = 3
# Invoices of organisations that charge no VAT: with this type, and 0 %.
WITHOUT_VAT = "vatfree"
# What the payments of a document are called that are money; a credit note taken off is none.
NO_MONEY = frozenset({"creditNote", "creditnote", "linkedCreditNote"})
# Files of vouchers, measured: 5 MB.
MOST_FILE_BYTES = 5_000_000

# Rates of German VAT by the day that decides which is legal.
USUAL_RATES = frozenset({Decimal(0), Decimal(7), Decimal(19)})
LOWERED_RATES = frozenset({Decimal(0), Decimal(5), Decimal(16)})
LOWERED_FROM, LOWERED_UNTIL = date(2020, 7, 1), date(2020, 12, 31)


def legal_rates(day: date) -> frozenset[Decimal]:
    return LOWERED_RATES if LOWERED_FROM <= day <= LOWERED_UNTIL else USUAL_RATES
