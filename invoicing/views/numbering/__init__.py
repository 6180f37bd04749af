"""Number series and the proof that nothing is missing."""
