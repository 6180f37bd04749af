"""A stand-in for Netvisor, an own reading of its documentation; it knows nothing of the adapter.

`docs/integrations/netvisor.md` tells what it does where the documentation is silent.
"""

from pathlib import Path

from integrations.systems.netvisor.sandbox.server import NetvisorSandbox


def create(data: Path) -> NetvisorSandbox:
    return NetvisorSandbox(data)
