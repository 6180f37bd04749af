"""Packages: what is due for a subscription, its fees as charges, and the usage they include."""
