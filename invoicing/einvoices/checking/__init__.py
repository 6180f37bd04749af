"""Whether an e-invoice is right: its sums, its schema, and the official rules."""
