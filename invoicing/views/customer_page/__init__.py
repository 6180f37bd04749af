"""The page behind a customer's link, and the links themselves."""
