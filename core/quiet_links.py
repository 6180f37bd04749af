"""Addresses that open a door by themselves stand in no log: whoever reads it could use them."""

import logging
import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "•••"
# What follows /open/ is a secret, after words that say whose.
LINK = re.compile(r"(/open/(?:[a-z-]{1,15}/)*)[^/\s?\"']{16,}")


class HidesLinks(logging.Filter):
    """Of loggers that tell addresses of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_hidden, record.args))
        elif isinstance(record.args, Mapping):
            record.args = {name: _hidden(value) for name, value in record.args.items()}
        return True


def _hidden(value: Any) -> Any:
    return LINK.sub(rf"\1{HIDDEN}", value) if isinstance(value, str) else value
