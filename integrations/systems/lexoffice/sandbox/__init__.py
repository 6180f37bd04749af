"""A stand-in for Lexware Office, an own reading of its documentation that knows no adapter.

`docs/integrations/lexoffice.md` tells how to use it, and what it does where the documentation is
silent.
"""

from pathlib import Path

from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox


def create(data: Path) -> LexofficeSandbox:
    return LexofficeSandbox(data)
