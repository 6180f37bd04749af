"""How fast a system may be asked, by all workers on all machines together.

A bucket of tokens in Redis, kept as the moment at which it would be full again. Where Redis is
not there each process paces itself, and the log says so: an export is never lost to a limiter.
"""

import hashlib
import logging
import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings

log = logging.getLogger(__name__)

# A worker that sleeps does nothing for others.
LONGEST_WAIT = 2.0
# Redis is near; where it hangs, every call would.
REDIS_SECONDS = 0.5
# So long it is left alone after it did not answer.
REDIS_PAUSE = 10.0

# In microseconds, by the clock of Redis, which all machines share. Takes a token, unless it would
# have to be waited for longer than ARGV[3]; answers how long.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, slack, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = math.max(full - slack - now, 0)
if wait <= longest then
    full = full + interval
    local kept = math.ceil((full - now) / 1000) + 1000
    redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', kept)
end
return string.format('%.0f', wait)
"""


@dataclass(frozen=True)
class Rate:
    """At most `calls` within any `seconds`, of which `burst` may come at once.

    Counted for each connection; or, with `shared_by`, for all connections of the installation that
    have the same value in that credential, such as the id of the client that is allowed so many.
    """

    calls: int
    seconds: float = 1
    burst: int = 1
    shared_by: str = ""

    def __post_init__(self) -> None:
        assert 1 <= self.burst <= self.calls

    @property
    def interval(self) -> float:
        """Between two tokens; a burst and what follows it are together no more than `calls`."""
        return self.seconds / (self.calls - self.burst + 1)


class Limiter:
    """Of one connection, or of all that share a rate."""

    def __init__(self, key: str, rate: Rate) -> None:
        self.rate = rate
        self._key = f"laskuri:rate:{hashlib.sha256(key.encode()).hexdigest()[:40]}"

    def take(self, longest: float = LONGEST_WAIT) -> float:
        """Wait for a token and take it; or say how long it would take, and take none."""
        wait = self._ask(longest)
        if wait > longest:
            return wait
        if wait > 0:
            time.sleep(wait)
        return 0.0

    def _ask(self, longest: float) -> float:
        interval = self.rate.interval
        slack = interval * (self.rate.burst - 1)
        shared = _shared()
        if shared is not None:
            try:
                return shared.take(self._key, interval, slack, longest)
            except redis.RedisError as failure:
                shared.leave_alone(failure)
        return _own.take(self._key, interval, slack, longest)


class _Shared:
    """In Redis."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )
        self._script = self._client.register_script(TAKE)
        self.quiet_until = 0.0

    def take(self, key: str, interval: float, slack: float, longest: float) -> float:
        micros = [math.ceil(seconds * 1_000_000) for seconds in (interval, slack, longest)]
        return int(self._script(keys=[key], args=micros)) / 1_000_000

    def leave_alone(self, failure: Exception) -> None:
        self.quiet_until = time.monotonic() + REDIS_PAUSE
        log.warning(
            "Redis did not answer (%s): for %d seconds this process paces its calls by itself.",
            type(failure).__name__,
            REDIS_PAUSE,
        )


class _Own:
    """In this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._full: dict[str, float] = {}

    def take(self, key: str, interval: float, slack: float, longest: float) -> float:
        now = time.monotonic()
        with self._lock:
            if len(self._full) > 10_000:
                self._full = {key: full for key, full in self._full.items() if full > now}
            full = max(self._full.get(key, 0), now)
            wait = max(full - slack - now, 0)
            if wait <= longest:
                self._full[key] = full + interval
        return wait


_own = _Own()


@cache
def _client(url: str) -> _Shared:
    return _Shared(url)


@cache
def _tell_once() -> None:
    log.warning("Without REDIS_URL each process paces its calls to other systems by itself.")


def _shared() -> _Shared | None:
    if not settings.REDIS_URL:
        _tell_once()
        return None
    shared = _client(settings.REDIS_URL)
    return shared if time.monotonic() >= shared.quiet_until else None
