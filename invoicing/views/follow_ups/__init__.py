"""What is left to be done about documents that have left."""
