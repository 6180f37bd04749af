"""Countries, languages and time zones as choices."""

from zoneinfo import available_timezones

from babel import Locale
from django.db import models
from django.utils.translation import gettext_lazy as _

COUNTRIES: list[tuple[str, str]] = sorted(
    (
        (code, name)
        for code, name in Locale("en").territories.items()
        if len(code) == 2
        and code.isalpha()
        and code not in {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
    ),
    key=lambda pair: pair[1],
)
TIME_ZONES: list[tuple[str, str]] = [
    (zone, zone.replace("_", " "))
    for zone in sorted(available_timezones())
    if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
]


class DocumentLanguage(models.TextChoices):
    """Languages that documents are written in."""

    ENGLISH = "en", _("English")
    FINNISH = "fi", _("Finnish")
    SWEDISH = "sv", _("Swedish")
    GERMAN = "de", _("German")


def country_name(code: str, language: str = "en") -> str:
    return str(Locale.parse(language).territories.get(code, code))
