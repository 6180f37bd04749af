"""Locks of hours."""
