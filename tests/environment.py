"""Loaded before Django reads its settings, see `addopts`."""

import os

from config import embedded

embedded.write_local_env()
# The address is set in conftest.py, once the worker's own database exists.
os.environ.setdefault("DATABASE_URL", "postgresql://laskuri_app@/laskuri")
