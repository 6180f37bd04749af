from django.dispatch import Signal

# Sent inside the posting transaction with `invoices`, a list; the one way from left to right.
document_posted = Signal()
