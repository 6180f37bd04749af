"""Usage: what was used and charged, and files of it."""
