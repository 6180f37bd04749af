"""Posting what somebody looked at, and did not write."""

from django.db import transaction

from invoicing.domain.drafting import locked_draft
from invoicing.domain.handing_over import post_or_hand_over
from invoicing.errors import DraftChanged
from invoicing.models import Invoice
from tenants.models import User


@transaction.atomic
def post_as_looked_at(draft: Invoice, *, version: int, actor: User) -> Invoice:
    """Post the draft as it is stored, unless it is not the version any more that was looked at."""
    found = locked_draft(draft.pk)
    if found.version != version:
        raise DraftChanged(who=found.changed_by, reader=actor, at=found.changed_at)
    return post_or_hand_over(found, actor=actor)
