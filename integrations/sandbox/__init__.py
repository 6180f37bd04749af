"""What sandboxes of accounting systems have in common: HTTP, storage, faults, pages.

A system has a sandbox when `integrations.systems.<name>.sandbox` has a function
`create(data: Path) -> Sandbox`; `manage.py sandbox <name>` starts it.
"""
