"""The one way from left to right: a posted document gets its export rows in its transaction."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from integrations.domain.outbox import enqueue
from invoicing.models import Invoice
from invoicing.signals import document_posted


@receiver(document_posted, dispatch_uid="integrations.enqueue")
def enqueue_posted(*, invoices: Sequence[Invoice], **_kwargs: Any) -> None:
    enqueue(invoices)
