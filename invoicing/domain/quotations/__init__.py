"""Quotations: written, sent, decided upon, and what they become."""
