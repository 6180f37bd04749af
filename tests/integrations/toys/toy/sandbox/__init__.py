from pathlib import Path

from tests.integrations.toys.toy.sandbox.server import ToySandbox


def create(data: Path) -> ToySandbox:
    return ToySandbox(data)
