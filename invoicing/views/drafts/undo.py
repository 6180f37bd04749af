"""What somebody took away last, for a while, so that it can be brought back: drafts, and lines that
went with their last work."""

from collections.abc import Iterable

from django.utils import timezone

from invoicing.domain.put_back import TakenOff
from invoicing.models import Invoice, Source
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


LINES = "lines_taken_off"
MOST_LINES = 20


def remember_line(request: TenantRequest, taken: TakenOff) -> None:
    """As long as the dialog with its row may be open."""
    kept = request.session.get(LINES, {})
    kept[_key(request, taken.line.invoice_id, taken.source)] = taken.as_text()
    request.session[LINES] = dict(list(kept.items())[-MOST_LINES:])


def taken_line(request: TenantRequest, draft: Invoice, source: Source) -> TakenOff | None:
    """Once: what is on the draft again does not come back a second time."""
    text = request.session.get(LINES, {}).pop(_key(request, draft.pk, source), None)
    request.session.modified |= text is not None
    return TakenOff.read(text) if text else None


def _key(request: TenantRequest, draft_id: int, source: Source) -> str:
    work = f"c{source.charge_id}" if source.charge_id else f"e{source.time_entry_id}"
    return f"{request.tenant.pk}-{draft_id}-{work}"
