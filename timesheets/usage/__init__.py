"""Usage records: from a file to rows, and from rows to charges."""
