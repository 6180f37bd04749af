"""How often one address may ask for a page that needs no sign-in."""

from hashlib import sha256
from time import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

MINUTE = 60


def is_too_often(request: HttpRequest, what: str, *, most: int, seconds: int = MINUTE) -> bool:
    """Count one more of `what` by this address, and say whether that is too many.

    Counted in the cache: a count that is lost lets somebody in, and never locks anybody out.
    """
    address = get_adapter(request).get_client_ip(request)
    window = int(time() // seconds)
    key = "rate-" + sha256(f"{what} {address} {window}".encode()).hexdigest()
    if cache.add(key, 1, timeout=2 * seconds):
        return most < 1
    try:
        return int(cache.incr(key)) > most
    except ValueError:  # it has just expired
        return False
