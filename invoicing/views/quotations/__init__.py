"""Quotations: the list, one of them, and the customer's page."""
