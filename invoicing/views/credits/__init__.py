"""Credit notes: what is credited of an invoice, line by line."""
