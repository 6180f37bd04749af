"""The programs whose exports are understood, the most particular headers first."""

from timesheets.imports.dialects.base import Dialect
from timesheets.imports.dialects.clockify import CLOCKIFY
from timesheets.imports.dialects.harvest import HARVEST
from timesheets.imports.dialects.kimai import KIMAI
from timesheets.imports.dialects.plain import PLAIN
from timesheets.imports.dialects.toggl import TOGGL

DIALECTS: tuple[Dialect, ...] = (KIMAI, CLOCKIFY, TOGGL, HARVEST, PLAIN)

__all__ = ["DIALECTS", "Dialect"]
