"""Tags: keeping them, choosing them, and putting them on hours."""
