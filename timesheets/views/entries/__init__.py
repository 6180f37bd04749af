"""Hours: the week, the list, the report."""
