"""Handing e-mails to a mail server that takes some of the recipients and refuses others."""

import smtplib
from collections.abc import Mapping
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

type Answer = tuple[int, bytes]
type Refusals = Mapping[str, Answer]


class _Telling(smtplib.SMTP):
    """smtplib raises when all are refused; of some it tells whoever calls, and Django drops it."""

    refused: Refusals = {}

    def sendmail(self, *args: Any, **options: Any) -> dict[str, Answer]:
        refused = super().sendmail(*args, **options)
        self.refused = refused
        return refused


class _TellingEncrypted(_Telling, smtplib.SMTP_SSL):
    pass


class TellingBackend(EmailBackend):
    """Leaves with each message which of its recipients the server refused; see `refusals_of`."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TellingEncrypted if self.use_ssl else _Telling

    def _send(self, email_message: EmailMessage) -> bool:
        connection: Any = self.connection
        is_sent: bool = super()._send(email_message)  # type: ignore[misc]
        refused: Refusals = connection.refused if is_sent else {}
        email_message.refused = {  # type: ignore[attr-defined]
            address: refused[written]
            for address in email_message.recipients()
            # A domain with letters of its own goes to the server in another spelling.
            if (written := self.prep_address(address)) in refused
        }
        return is_sent


def refusals_of(message: EmailMessage) -> Refusals:
    """Whom the server refused, with its answers, although it took the e-mail for others."""
    found: Refusals = getattr(message, "refused", {})
    return found
