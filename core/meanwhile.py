"""Somebody saved the same thing meanwhile, or oneself did in another window."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.errors import DomainError


class SavedMeanwhile(DomainError):
    """Subclasses have a `message` that names who, and an `own_message` for the same person."""

    own_message: Any = ""

    def __init__(self, *, who: Any, reader: Any, at: datetime, **more: Any) -> None:
        self.is_own = who is not None and who == reader
        super().__init__(by=who or _("Somebody"), at=moment_in_words(at), **more)

    @property
    def saved_by(self) -> str:
        """As a heading says it."""
        return _("you, in another window") if self.is_own else str(self.params["by"])

    def __str__(self) -> str:
        return str(self.own_message if self.is_own else self.message) % self.params


def moment_in_words(at: datetime) -> str:
    """Of today the time alone."""
    local = timezone.localtime(at)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")
