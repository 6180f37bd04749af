"""How documents go to their customers: written down, handed over, and what came of it."""
