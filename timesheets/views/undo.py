"""What was deleted or settled last stays in the session for a while, so that it can be undone."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tenants.access import TenantRequest

KEY = "deleted_hours"
SETTLED_KEY = "settled_hours"
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


def remember_settling(
    request: TenantRequest,
    *,
    kind: str,
    at: datetime,
    said: str,
    count: int,
    left_out: str = "",
    is_undone: bool = True,
) -> None:
    """The moment names what it was: all of the kind that this person settled at it."""
    request.session[SETTLED_KEY] = {
        "tenant": request.tenant.pk,
        "until": timezone.now().timestamp() + SECONDS,
        "kind": kind,
        "at": at.isoformat(),
        "said": said,
        "count": count,
        "left_out": left_out,
        "is_undone": is_undone,
    }


def settling_begun(
    request: TenantRequest, *, kind: str, at: str
) -> tuple[int, datetime | None, str]:
    """How many this person has settled at that moment already, where more of the same follow, and
    what was left out."""
    kept = _settled(request, kind)
    moment = parse_datetime(kept["at"]) if kept and at and kept["at"] == at else None
    return (kept["count"], moment, kept["left_out"]) if kept and moment else (0, None, "")


def offered_settling(request: TenantRequest, *, kind: str = "") -> dict[str, Any] | None:
    kept = _settled(request, kind)
    return kept if kept and kept.get("is_undone", True) else None


def _settled(request: TenantRequest, kind: str) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(SETTLED_KEY)
    if not kept or kept["tenant"] != request.tenant.pk:
        return None
    if kind not in ("", kept.get("kind")):
        return None
    return kept if timezone.now().timestamp() <= kept["until"] else None


def forget_settling(request: TenantRequest) -> None:
    request.session.pop(SETTLED_KEY, None)


def forget(request: TenantRequest) -> None:
    request.session.pop(KEY, None)
