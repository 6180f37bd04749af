"""Invoicing at fixed times, and the runs that do it.

`timing` says when, `kinds` what, `targets` for whom; `editing` keeps the schedules, `starting`
makes runs of them, `planning` their items, `working` the invoices, and `steering` stops them, goes
on and tries again.
"""
