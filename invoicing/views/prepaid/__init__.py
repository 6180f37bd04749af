"""Prepaid hours: selling them, drawing from them, and what is left."""
