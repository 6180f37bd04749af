"""What is said of e-invoices on pages."""
