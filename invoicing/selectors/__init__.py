"""Reading: what a page or a file shows of work and documents. Nothing here writes."""
