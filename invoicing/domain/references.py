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
