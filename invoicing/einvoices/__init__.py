"""Invoices that machines read: what they say, how it is written, and whether it is right."""
