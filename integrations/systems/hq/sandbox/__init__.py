"""A stand-in for HQ, an own reading of its documentation; it knows nothing of the adapter.

`docs/integrations/hq.md` tells where the documentation leaves something open, and what is done
here.
"""

from pathlib import Path

from integrations.systems.hq.sandbox.server import HqSandbox


def create(data: Path) -> HqSandbox:
    return HqSandbox(data)
