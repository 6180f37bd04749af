"""Sessions of HTTP that reach the internet only, kept for a moment from one document to the next.

Whoever sends many documents over a connection shakes hands once, and not for each of them.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

# A server that closes what is idle does so after five seconds and more; a request that meets the
# closing is one of unknown outcome.
KEPT_SECONDS = 2.0
MOST_KEPT = 4


class PrivateAddress(Exception):
    """The name leads into a private network."""


@contextmanager
def session(key: str) -> Iterator[requests.Session]:
    """One that whoever had the same key in this thread may have left, or a new one. What ends in an
    error leaves none; nothing is left without a key."""
    kept = _kept.sessions
    found, left_at = kept.pop(key, (None, 0.0))
    if found is not None and time.monotonic() - left_at > KEPT_SECONDS:
        found.close()
        found = None
    own = found or _new()
    is_whole = False
    try:
        yield own
        is_whole = bool(key)
    finally:
        if is_whole:
            own.cookies.clear()
            kept[key] = own, time.monotonic()
            while len(kept) > MOST_KEPT:
                kept.popitem(last=False)[1][0].close()
        else:
            own.close()


class _Kept(threading.local):
    def __init__(self) -> None:
        self.sessions: OrderedDict[str, tuple[requests.Session, float]] = OrderedDict()


_kept = _Kept()


def forget() -> None:
    """Leave all of this thread to whoever has them: two processes would read each other's
    answers."""
    _kept.sessions = OrderedDict()


os.register_at_fork(after_in_child=forget)


def _new() -> requests.Session:
    made = requests.Session()
    made.mount("https://", _PublicOnly())
    # ~/.netrc would replace our Authorization header.
    made.trust_env = False
    made.headers["User-Agent"] = "Laskuri"
    return made


class _PublicConnection(HTTPSConnection):
    """Speaks to addresses of the internet only: names are answered by whoever runs their DNS."""

    def _new_conn(self) -> Any:
        sock = super()._new_conn()
        address = ip_address(sock.getpeername()[0].partition("%")[0])
        if not address.is_global:
            sock.close()
            raise PrivateAddress(self.host)
        return sock


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicOnly(HTTPAdapter):
    """A proxy of this machine's own settings resolves names itself, and is not looked at."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            **self.poolmanager.pool_classes_by_scheme,
            "https": _PublicPool,
        }
