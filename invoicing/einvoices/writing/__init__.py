"""Content in the syntaxes of e-invoices."""
