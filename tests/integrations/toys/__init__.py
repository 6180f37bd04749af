"""A package of systems, as a company of its own may have one: see `ACCOUNTING_SYSTEMS`."""
