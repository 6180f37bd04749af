"""A posted document and its files."""
