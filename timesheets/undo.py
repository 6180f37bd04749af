"""Deleted hours stay in the session for a while, so that they can be brought back."""

from typing import Any

from django.utils import timezone

from tenants.access import TenantRequest

KEY = "deleted_hours"
SECONDS = 300
MOST = 100


def remember(request: TenantRequest, kept: list[dict[str, Any]]) -> None:
    request.session[KEY] = {
        "tenant": request.tenant.pk,
        "until": timezone.now().timestamp() + SECONDS,
        "entries": kept[:MOST],
    }


def offered(request: TenantRequest) -> list[dict[str, Any]]:
    """What may be brought back now, in this company."""
    kept = request.session.get(KEY)
    if not kept or kept["tenant"] != request.tenant.pk:
        return []
    if timezone.now().timestamp() > kept["until"]:
        return []
    entries: list[dict[str, Any]] = kept["entries"]
    return entries


def forget(request: TenantRequest) -> None:
    request.session.pop(KEY, None)
