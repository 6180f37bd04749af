"""Bank statements: files, their lines, the accounts they are of."""
