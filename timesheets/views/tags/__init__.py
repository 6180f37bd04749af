"""Tags: their register, their choice in a form, and what many hours carry."""
