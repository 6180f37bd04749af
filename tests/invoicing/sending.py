"""What the tests of sending have in common."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.mail.backends.base import BaseEmailBackend

from core.smtp import TellingBackend
from invoicing.domain.sending.delivering import deliver
from invoicing.domain.sending.requesting import Letter, send_by_mail
from invoicing.domain.sending.wording import Wording, default_wording
from invoicing.models import Invoice, InvoiceFile, Sending
from tenants.models import User
from tenants.scope import current_tenant_id
from tests.documents.making import posted

PDF = b"%PDF-1.7 the invoice"


def with_pdf(invoice: Invoice) -> Invoice:
    InvoiceFile.objects.create(
        invoice=invoice,
        kind=InvoiceFile.Kind.PDF,
        file=ContentFile(PDF, name=f"sending/{uuid4()}.pdf"),
        sha256=sha256(PDF).hexdigest(),
        size=len(PDF),
    )
    return invoice


def ready(**fields: Any) -> Invoice:
    """Posted, with its PDF, of a customer that can be written to."""
    return with_pdf(posted(**fields))


def letter(*recipients: str, copies: tuple[str, ...] = (), **words: str) -> Letter:
    wording = default_wording("invoice", "en")
    return Letter(
        list(recipients or ("anna@customer.example",)),
        list(copies),
        Wording(words.get("subject", wording.subject), words.get("text", wording.text)),
    )


def asked(invoice: Invoice, *recipients: str, actor: User | None = None, **more: Any) -> Sending:
    return send_by_mail(invoice, letter(*recipients, **more), token=uuid4(), actor=actor)


def sent(invoice: Invoice, *recipients: str, **more: Any) -> Sending:
    """Asked for, and handed over by a worker."""
    return delivered(asked(invoice, *recipients, **more))


def delivered(sending: Sending, **more: Any) -> Sending:
    deliver(current_tenant_id(), sending.pk, **more)
    sending.refresh_from_db()
    return sending


class Server(BaseEmailBackend):
    """A mail server that does what the test says, and counts what it was given."""

    on_open: Exception | None = None
    on_send: Exception | None = None
    taken: int = 0

    def open(self) -> bool:
        if self.on_open:
            raise self.on_open
        return True

    def send_messages(self, messages: Any) -> int:
        if self.on_send:
            raise self.on_send
        type(self).taken += len(messages)
        return len(messages)


@contextmanager
def server(
    *, on_open: Exception | None = None, on_send: Exception | None = None
) -> Iterator[type[Server]]:
    answers = {"on_open": on_open, "on_send": on_send, "taken": 0}
    made = type("OneServer", (Server,), answers)
    with patch("django.core.mail.handler.MailersHandler.default", made(alias="default")):
        yield made


class _Talk(StreamRequestHandler):
    """As much SMTP as one e-mail takes."""

    server: "_Listening"

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                self._say(self.server.refuses.get(address, "250 fine"))
            elif verb == "DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.taken += 1
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Listening(ThreadingTCPServer):
    daemon_threads = True
    taken = 0

    def __init__(self, refuses: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.refuses = refuses


@contextmanager
def smtp_server(**refuses: str) -> Iterator[_Listening]:
    """A real one on this machine, spoken to by the program's own backend: `{address: answer}`."""
    with _Listening(refuses) as listening:
        Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        port = listening.server_address[1]
        backend = TellingBackend(host="127.0.0.1", port=port, timeout=10, alias="default")
        try:
            with patch("django.core.mail.handler.MailersHandler.default", backend):
                yield listening
        finally:
            listening.shutdown()


BUSY = smtplib.SMTPDataError(451, b"Try again later")
NO_SUCH = smtplib.SMTPRecipientsRefused({"anna@customer.example": (550, b"No such mailbox")})
