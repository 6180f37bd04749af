"""Products: the list, the form of one, and reading them from a file."""
