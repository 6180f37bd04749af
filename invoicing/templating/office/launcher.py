"""Begins LibreOffice with what it may use: run as `python -I launcher.py PROGRAM ARGUMENTS ...`.

In a process of its own, because what it does to itself cannot be undone, and because between a fork
and the program that follows it no Python may run where there are threads.
"""

import contextlib
import os
import resource
import sys

MOST_MEMORY = 4 * 1024**3
MOST_WRITTEN = 128 * 1024**2
MOST_SECONDS = 60


def confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if hasattr(os, "unshare"):
        # A network of its own, in which there is nobody. Some systems do not let everyone have one.
        with contextlib.suppress(OSError):
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)


if __name__ == "__main__":
    confine()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606
