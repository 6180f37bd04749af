"""The e-mails that wait in queues of their own, by the name of each queue."""

from invoicing.domain.quotations import sending as quotations
from invoicing.domain.sending import statements
from invoicing.domain.sending.queue import Queue

QUEUES: dict[str, Queue] = {queue.name: queue for queue in (quotations.QUEUE, statements.QUEUE)}
