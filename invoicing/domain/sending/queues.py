"""The e-mails that wait in queues of their own, by the name of each queue."""

from datetime import datetime

from invoicing.domain.quotations import sending as quotations
from invoicing.domain.sending import statements
from invoicing.domain.sending.queue import Queue, due_mails, give_up_lost_mails

QUEUES: dict[str, Queue] = {queue.name: queue for queue in (quotations.QUEUE, statements.QUEUE)}


def waiting_mails(*, now: datetime) -> list[tuple[str, int]]:
    """What is due in each queue; of what was lost it is said first that nobody knows."""
    for queue in QUEUES.values():
        give_up_lost_mails(queue, now=now)
    return [(queue.name, pk) for queue in QUEUES.values() for pk in due_mails(queue, now=now)]
