"""Loaded before Django reads its settings, see `addopts`."""

import os
import sys

from config import embedded

embedded.write_local_env()
# The address is set in conftest.py, once the worker's own database exists.
os.environ.setdefault("DATABASE_URL", "postgresql://laskuri_app@/laskuri")
# The tests start dozens of programs. Each would spend seconds on compiling all there is anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
