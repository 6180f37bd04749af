"""Numbers as people and programs write them."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"[-−+]?(?:\d+|\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+)?(?:[.,]\d+)?")
_BLANKS = re.compile(r"[ '’\u00a0\u202f]")


def read_number(text: str) -> Decimal:
    """1234.5, 1234,5, 1.234,5 and 1,234.5: with both signs, the last one divides.

    Raises ValueError.
    """
    plain = text.replace("−", "-")
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        plain = plain.replace("," if comma < point else ".", "")
    if not _NUMBER.fullmatch(plain) or not any(sign.isdigit() for sign in plain):
        raise ValueError(text)
    return Decimal(_BLANKS.sub("", plain).replace(",", "."))
