"""Charges: expenses and parts."""
