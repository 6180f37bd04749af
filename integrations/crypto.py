"""Secrets at rest. The first key of FIELD_ENCRYPTION_KEYS encrypts, all of them decrypt."""

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class UnreadableSecrets(Exception):
    """None of the keys opens it: a key was lost, or the row comes from another installation."""


def encrypt(secrets: Mapping[str, str]) -> str:
    return _box().encrypt(json.dumps(dict(secrets)).encode()).decode()


def decrypt(sealed: str) -> dict[str, str]:
    if not sealed:
        return {}
    try:
        opened = _box().decrypt(sealed.encode())
    except InvalidToken:
        raise UnreadableSecrets from None
    secrets: dict[str, str] = json.loads(opened)
    return secrets


def rotate(sealed: str) -> str:
    """The same secrets under the first key."""
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise UnreadableSecrets from None


def _box() -> MultiFernet:
    return _box_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
