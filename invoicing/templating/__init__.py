"""Templates of the company's own: what they can say, and how documents are made of them."""
