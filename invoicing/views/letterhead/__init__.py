"""How the company's documents look."""
