"""Service orders, in the office and on the telephone."""
