"""A stand-in for Procountor, an own reading of its documentation; it knows nothing of the adapter.

`docs/sandbox.md` tells how to use it, and where the documentation leaves something open, what is
done here.
"""

from pathlib import Path

from integrations.systems.procountor.sandbox.server import ProcountorSandbox


def create(data: Path) -> ProcountorSandbox:
    return ProcountorSandbox(data)
