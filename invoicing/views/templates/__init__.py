"""Templates of documents: the company's own, their versions, and who gets which."""
