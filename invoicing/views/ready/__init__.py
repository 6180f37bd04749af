"""What is ready to invoice."""
