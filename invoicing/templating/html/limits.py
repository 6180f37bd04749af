"""What the process apart may not do, told to Python and the system before it reads a template."""

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

MOST_MEMORY = 2 * 1024**3
MOST_WRITTEN = 64 * 1024**2
_NEVER = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.kill",
          "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.chown",
          "os.putenv", "shutil.", "ctypes.", "ftplib.", "http.", "urllib.", "smtplib.",
          "webbrowser.", "pty.", "sqlite3.", "mmap.")  # fmt: skip


class Forbidden(PermissionError):
    """Something in the process apart wanted out of it."""


class OutOfTime(Exception):
    """Filling took longer than any template needs."""


def confine(readable: tuple[Path, ...]) -> None:
    """From now on this process reads below `readable` and Python itself, and connects to nothing.

    The system's own limits hold for what is written in C as well. It writes into its own folder
    alone, which whoever began it made and takes away.
    """
    own = Path(tempfile.gettempdir()).resolve()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    roots = [*readable, Path(sys.prefix), Path(sys.base_prefix), own]
    allowed = tuple(f"{root.resolve()}/" for root in roots)
    writable = f"{own}/"

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            _check_open(arguments, allowed, writable)
        elif event.startswith(_NEVER):
            raise Forbidden(event)

    sys.addaudithook(watch)


def _check_open(arguments: tuple[Any, ...], allowed: tuple[str, ...], writable: str) -> None:
    path, mode, flags = arguments
    if isinstance(path, int):
        return
    name = os.path.realpath(os.fsdecode(path))
    # Opened without a mode: by the flags of the system, the lowest two of which say writing.
    writes = bool(set(mode) & set("wax+") if isinstance(mode, str) else flags & 3)
    if not name.startswith(writable if writes else allowed):
        raise Forbidden(name)


@contextmanager
def seconds(most: int) -> Iterator[None]:
    """For Python's own loops; what is written in C ends with the time of the processor."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (spent + most, hard))
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
