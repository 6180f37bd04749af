"""A stand-in for Procountor, an own reading of its documentation; it knows nothing of the adapter.

`docs/integrations/procountor.md` tells where the documentation leaves something open, and what is
done here.
"""

from pathlib import Path

from integrations.systems.procountor.sandbox.server import ProcountorSandbox


def create(data: Path) -> ProcountorSandbox:
    return ProcountorSandbox(data)
