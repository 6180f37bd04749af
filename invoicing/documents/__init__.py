"""What customers get: the printed invoice and its work report."""
