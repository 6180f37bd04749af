"""Has HTML templates read and set by the process apart, which is kept while one company needs it.

What one company's template does cannot reach another's data: the process ends between them.
"""

import atexit
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from invoicing.documents.archival import Enclosed
from invoicing.templating.errors import RenderingFailed, SyntaxWrong, TookTooLong
from invoicing.templating.html.frames import read_frame, write_frame
from tenants.scope import current_tenant_id

PROGRAM = Path(__file__).with_name("program.py")
FONTS_OWN = Path(settings.BASE_DIR) / "invoicing" / "documents" / "fonts.conf"
SECONDS = 30
# To begin with, and for what a template may use of the processor while others do, too.
PATIENCE = 30.0
KEPT_FOR = 200


@dataclass
class _Apart:
    """The process, and whose templates it has seen."""

    tenant_id: int
    folder: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="laskuri-template-"))
    jobs: int = 0

    def __post_init__(self) -> None:
        self.begun_by = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env={
                "FONTCONFIG_FILE": str(FONTS_OWN),
                "HOME": self.folder,
                "LANG": "C.UTF-8",
                "TMPDIR": self.folder,
                "XDG_CACHE_HOME": self.folder,
            },
            start_new_session=True,
        )

    def is_for(self, tenant_id: int) -> bool:
        return (
            self.tenant_id == tenant_id
            and self.begun_by == os.getpid()
            and self.jobs < KEPT_FOR
            and self.process.poll() is None
        )

    def ask(self, job: dict[str, Any]) -> tuple[dict[str, Any], bytes] | None:
        """None where the process ended over it, or had to be ended."""
        self.jobs += 1
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        bell = threading.Timer(job["seconds"] + PATIENCE, self.process.kill)
        bell.start()
        try:
            write_frame(stdin, json.dumps(job).encode())
            stdin.flush()
            told, content = read_frame(stdout), read_frame(stdout)
        except OSError:
            return None
        finally:
            bell.cancel()
        return None if told is None or content is None else (json.loads(told), content)

    def end(self) -> None:
        if self.begun_by == os.getpid():
            self.process.kill()
            self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


_one_at_a_time = threading.Lock()
_kept: list[_Apart] = []


def _asked(tenant_id: int, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Raises TookTooLong where nothing came back."""
    with _one_at_a_time:
        if _kept and not _kept[0].is_for(tenant_id):
            _kept.pop().end()
        if not _kept:
            _kept.append(_Apart(tenant_id))
        answer = _kept[0].ask(job)
        if answer is None:
            _kept.pop().end()
    if answer is None:
        raise TookTooLong
    return answer


@atexit.register
def close() -> None:
    """End the process apart, if there is one."""
    while _kept:
        _kept.pop().end()


def used_names(source: str, lists: dict[str, str]) -> list[tuple[str, int]]:
    """The names a template asks for, with their lines. Raises SyntaxWrong."""
    job = {"do": "inspect", "source": source, "lists": lists, "seconds": SECONDS}
    told, _nothing = _asked(current_tenant_id(), job)
    if "refused" in told:
        _raise(told)
    return [(name, line) for name, line in told["used"]]


@dataclass(frozen=True)
class Page:
    """A template with what it is filled with; `mark` is written across the pages of a draft."""

    tenant_id: int
    source: str
    context: dict[str, Any]
    language: str
    title: str
    identity: str
    about: dict[str, str] = field(default_factory=dict)
    mark: str = ""
    seconds: int = SECONDS


@dataclass(frozen=True)
class Set:
    """`left_out` are addresses that it asked for and did not get."""

    pdf: bytes
    left_out: tuple[str, ...]


def set_page(
    page: Page, *, enclosed: Sequence[Enclosed] = (), descriptions: Sequence[bytes] = ()
) -> Set:
    """A tagged PDF/A-3 of the filled template.

    Raises a TemplateRefusedError where it cannot be filled or set.
    """
    job = {
        "do": "set",
        "source": page.source,
        "context": page.context,
        "language": page.language,
        "title": page.title,
        "identity": page.identity,
        "about": page.about,
        "mark": page.mark,
        "seconds": page.seconds,
        "enclosed": [
            {
                "name": one.name,
                "content": _packed(one.content),
                "description": one.description,
                "relationship": one.relationship,
                "at": one.at.isoformat(),
            }
            for one in enclosed
        ],
        "descriptions": [_packed(one) for one in descriptions],
    }
    told, content = _asked(page.tenant_id, job)
    if "refused" in told:
        _raise(told)
    return Set(content, tuple(told["left_out"]))


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _raise(told: dict[str, Any]) -> None:
    if told["refused"] == "too much":
        raise TookTooLong
    if told["line"]:
        raise SyntaxWrong(line=told["line"], reason=told["reason"])
    raise RenderingFailed(reason=told["reason"])
