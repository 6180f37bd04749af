"""Hours from other programs."""
