"""One at a time, where a system takes no more: a turn in the database that all workers share.

Rows without a company: two of ours may have the same company there, and wait for each other.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection as database
from django.utils.translation import gettext as _

from integrations.ports import OutOfTurn

LONGEST_WAIT = 15.0
PAUSE = 0.05

# By the clock of the database, which all machines share.
TAKE = """
INSERT INTO integrations_turn (key, token, until)
VALUES (%(key)s, %(token)s, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (key) DO UPDATE SET token = EXCLUDED.token, until = EXCLUDED.until
WHERE integrations_turn.until <= clock_timestamp()
"""

GIVE_BACK = "DELETE FROM integrations_turn WHERE key = %(key)s AND token = %(token)s"

# A database that loses its power loses the turn with it, and takes longer to come back than the
# request that has it; every single request would wait for the disk twice.
NOT_LASTING = "SET LOCAL synchronous_commit = off"


def key_of(*parts: str) -> str:
    """Whoever reads the table learns nothing of whose turn it is."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class TurnTaker:
    """Gives turns with what `key` stands for.

    Who died with one holds it for `lease` seconds; who comes meanwhile waits `patience` seconds and
    then raises `refusal`.
    """

    key: str
    lease: float
    patience: float
    refusal: Callable[[], OutOfTurn]
    lasts: bool = True

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Have the turn; raises OutOfTurn when it does not come in time: nothing was asked."""
        token = uuid.uuid4()
        self._wait(token)
        try:
            yield
        finally:
            # Not the one of somebody who came after it had run out.
            self._ask(GIVE_BACK, token)

    def _wait(self, token: uuid.UUID) -> None:
        latest = time.monotonic() + self.patience
        while not self._take(token):
            if time.monotonic() >= latest:
                raise self.refusal()
            time.sleep(PAUSE)

    def _take(self, token: uuid.UUID) -> bool:
        return bool(self._ask(TAKE, token))

    def _ask(self, statement: str, token: uuid.UUID) -> int:
        """How many rows it changed."""
        # What is sent together is one transaction to PostgreSQL, which its settings end with.
        asked = statement if self.lasts else f"{NOT_LASTING}; {statement}"
        with database.cursor() as cursor:
            cursor.execute(asked, {"key": self.key, "token": token, "seconds": self.lease})
            if not self.lasts:
                cursor.nextset()
            return int(cursor.rowcount)


def one_request(key: str, title: str, seconds: float) -> TurnTaker:
    """Turns with a system; `seconds` is how long an answer may take."""
    return TurnTaker(
        key,
        # A turn is kept for that time (`Http.one_turn`), and the answer to the last request in it
        # is cut at twice its time; who died asking holds nobody up for longer.
        lease=3 * seconds + 5,
        patience=min(seconds, LONGEST_WAIT),
        refusal=lambda: OutOfTurn(
            _("%(system)s takes one request at a time, and another one is under way. Try again in a"
              " moment.")
            % {"system": title},
            seconds=2,
        ),
        lasts=False,
    )  # fmt: skip
