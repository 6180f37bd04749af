"""Drafts: the list, the page, its lines and its work."""
