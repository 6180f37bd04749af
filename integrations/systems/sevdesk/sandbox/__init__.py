"""A stand-in for sevDesk, an own reading of its documentation; it knows nothing of the adapter.

`docs/integrations/sevdesk.md` tells how to use it, and where the documentation leaves something
open, what is done here.
"""

from pathlib import Path

from integrations.systems.sevdesk.sandbox.server import SevdeskSandbox


def create(data: Path) -> SevdeskSandbox:
    return SevdeskSandbox(data)
