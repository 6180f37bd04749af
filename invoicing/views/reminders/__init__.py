"""Reminding customers: the list of what is due, letters, disputes, and the settings."""
