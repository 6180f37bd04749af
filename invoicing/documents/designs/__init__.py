"""How documents can look. A design is a folder here, and nothing else has to know of it."""
