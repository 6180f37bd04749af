"""One request at a time, for systems that take no more: a turn in the database that all share."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.models import Turn
from integrations.ports import OutOfTurn
from tenants.scope import tenant_scope

LONGEST_WAIT = 15.0
PAUSE = 0.05


@dataclass(frozen=True)
class TurnTaker:
    """Gives turns with one system; `seconds` is how long an answer may take."""

    tenant_id: int
    key: str
    title: str
    seconds: float

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Have the turn; raises OutOfTurn when it does not come in time: nothing was asked."""
        token = uuid.uuid4()
        self._wait(token)
        try:
            yield
        finally:
            with tenant_scope(self.tenant_id):
                Turn.objects.filter(key=self.key, token=token).update(until=timezone.now())

    def _wait(self, token: uuid.UUID) -> None:
        latest = time.monotonic() + min(self.seconds, LONGEST_WAIT)
        while not self._take(token):
            if time.monotonic() > latest:
                raise OutOfTurn(
                    _("%(system)s takes one request at a time, and another one is under way. Try"
                      " again in a moment.")
                    % {"system": self.title},
                    seconds=2,
                )  # fmt: skip
            time.sleep(PAUSE)

    def _take(self, token: uuid.UUID) -> bool:
        now = timezone.now()
        # An answer is cut at twice its time; who died asking holds nobody up for longer.
        until = now + timedelta(seconds=2 * self.seconds + 5)
        with tenant_scope(self.tenant_id):
            taken: int = Turn.objects.filter(key=self.key, until__lte=now).update(
                token=token, until=until
            )
            if taken:
                return True
            _turn, is_new = Turn.objects.get_or_create(
                key=self.key, defaults={"token": token, "until": until}
            )
            return is_new
