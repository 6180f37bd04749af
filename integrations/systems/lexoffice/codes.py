"""Names of units, which are free text there, and the countries of the European Union."""

# Northern Ireland counts for goods only, and is left out.
EU_COUNTRIES = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
_UNITS = {
    "HUR": ("Stunde", "hour"),
    "DAY": ("Tag", "day"),
    "C62": ("Stück", "piece"),
    "MON": ("Monat", "month"),
    "KMT": ("km", "km"),
    "MIN": ("Minute", "minute"),
    "WEE": ("Woche", "week"),
    "ANN": ("Jahr", "year"),
    "KGM": ("kg", "kg"),
    "LTR": ("Liter", "litre"),
    "MTR": ("m", "m"),
    "MTK": ("m²", "m²"),
    "MTQ": ("m³", "m³"),
    "SET": ("Satz", "set"),
    "LS": ("pauschal", "flat"),
}


def unit_name(code: str, language: str) -> str:
    """The unit's name; a code without one stands for itself."""
    german, english = _UNITS.get(code, (code, code))
    return german if language == "de" else english
