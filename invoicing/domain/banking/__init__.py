"""Bank statements: read, matched with what is open, booked."""
