"""Which drafts somebody discarded last, for a while, so that they can be brought back."""

from collections.abc import Iterable

from django.utils import timezone

from invoicing.models import Invoice
from tenants.access import TenantRequest

KEY = "discarded_drafts"
SECONDS = 300


def remember(request: TenantRequest, drafts: Iterable[Invoice]) -> None:
    request.session[KEY] = {
        "tenant": request.tenant.pk,
        "until": timezone.now().timestamp() + SECONDS,
        "ids": [draft.pk for draft in drafts],
    }


def offered(request: TenantRequest) -> list[int]:
    """What may be brought back now, in this company."""
    kept = request.session.get(KEY)
    if not kept or kept["tenant"] != request.tenant.pk:
        return []
    if timezone.now().timestamp() > kept["until"]:
        return []
    ids: list[int] = kept["ids"]
    return ids


def forget(request: TenantRequest) -> None:
    request.session.pop(KEY, None)
