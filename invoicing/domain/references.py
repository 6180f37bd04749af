"""Bank references. Finnish ones: Finance Finland, weights 7, 3, 1 from the right."""


def finnish_check_digit(base: str) -> str:
    weighted = (
        int(digit) * weight for digit, weight in zip(reversed(base), (7, 3, 1) * 7, strict=False)
    )
    return str(-sum(weighted) % 10)


def finnish_reference(base: str) -> str:
    """A reference of 4 to 20 digits from a base of 3 to 19 digits without leading zeros."""
    base = base.lstrip("0")
    if not (base.isdigit() and 3 <= len(base) <= 19):
        raise ValueError(f"{base!r} cannot become a reference")
    return base + finnish_check_digit(base)


def is_finnish_reference(text: str) -> bool:
    """Digits alone, leading zeros allowed."""
    base = text.lstrip("0")
    return (
        base.isascii()
        and base.isdigit()
        and 4 <= len(base) <= 20
        and (finnish_check_digit(base[:-1]) == base[-1])
    )


def rf_reference(base: str) -> str:
    """A creditor reference (ISO 11649): RF, two check digits, at most 21 letters and digits."""
    digits = "".join(str(int(sign, 36)) for sign in f"{base}RF00")
    return f"RF{98 - int(digits) % 97:02d}{base.upper()}"


def payment_reference(*, kind: str, country: str, base: str) -> str:
    """What the customer pays with, or nothing; `kind` is one of Tenant.PaymentReferences."""
    kind = kind or ("national" if country == "FI" else "none")
    if kind == "none":
        return ""
    # Banks in Finland read the national number out of an RF reference.
    national = finnish_reference(base)
    return rf_reference(national) if kind == "rf" else national


def is_rf_reference(text: str) -> bool:
    """Without blanks, in capitals."""
    if not (text.startswith("RF") and text[2:4].isdigit() and 5 <= len(text) <= 25):
        return False
    if not (text.isascii() and text.isalnum()):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def plain_reference(text: str) -> str:
    """What makes two references the same: RF18 1234 5672, 12345672 and 00012345672 are one.

    Nothing where it is none of both kinds.
    """
    plain = "".join(text.split()).upper()
    if is_rf_reference(plain):
        return plain[4:].lstrip("0")
    return plain.lstrip("0") if is_finnish_reference(plain) else ""
