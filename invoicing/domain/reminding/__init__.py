"""Reminders: when an invoice is due for which, what it costs, and what becomes of it."""
