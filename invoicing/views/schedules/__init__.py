"""Schedules, their runs, and the list of all runs."""
