"""Hours that are paid in advance: sold on an invoice, drawn by entries, given back by credits."""
