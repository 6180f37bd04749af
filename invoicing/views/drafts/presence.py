"""Who else has a draft open just now. Kept in the cache: it is worth nothing a minute later."""

import time

from django.core.cache import cache

from tenants.models import User
from tenants.scope import current_tenant_id

POLL_SECONDS = 15
_GONE_AFTER = 3 * POLL_SECONDS


def seen_on(draft_id: int, user: User) -> list[str]:
    """Note that this person has the draft open; returns the names of the others who do."""
    key = f"draft-presence:{current_tenant_id()}:{draft_id}"
    now = time.time()
    # Two at the same moment may overwrite one another; the next poll mends it.
    present: dict[int, tuple[str, float]] = {
        pk: (name, at)
        for pk, (name, at) in (cache.get(key) or {}).items()
        if now - at < _GONE_AFTER
    }
    present[user.pk] = (str(user), now)
    cache.set(key, present, timeout=_GONE_AFTER)
    return sorted(name for pk, (name, _at) in present.items() if pk != user.pk)


def left(draft_id: int, user: User) -> None:
    key = f"draft-presence:{current_tenant_id()}:{draft_id}"
    present = cache.get(key) or {}
    if present.pop(user.pk, None):
        cache.set(key, present, timeout=_GONE_AFTER)
