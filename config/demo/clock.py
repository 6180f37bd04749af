"""Rows of the past carry the moment they would have been written at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from tenants.models import AuditEntry


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """`timezone.now()` says `moment`, also where a model field has taken it as its default."""
    at = AuditEntry._meta.get_field("at")
    with (
        patch("django.utils.timezone.now", lambda: moment),
        patch.object(at, "_get_default", lambda: moment),
    ):
        yield
