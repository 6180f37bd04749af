"""PDF of a filled file, by LibreOffice, where that is installed.

Each file is turned by a process of its own, with a profile of its own, in a folder that goes with
it: what one company's file does there cannot reach another's. It has no network, runs no macros,
and is ended when it takes too long. The worker lives on.
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pikepdf
from django.utils.translation import gettext_lazy as _

from invoicing.documents.archival import Enclosed
from invoicing.templating.errors import TemplateRefusedError, TookTooLong
from invoicing.templating.office.enclosing import finished

SECONDS: Final = 90
_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_PROGRAMS: Final = (
    "soffice",
    "libreoffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_FILTERS: Final = {"docx": "writer_pdf_Export", "xlsx": "calc_pdf_Export", "ods": "calc_pdf_Export"}
# PDF/A-3, so that an e-invoice can be put inside, with its structure for those who listen to it.
_OPTIONS: Final = json.dumps(
    {
        "SelectPdfVersion": {"type": "long", "value": "3"},
        "UseTaggedPDF": {"type": "boolean", "value": "true"},
        "ExportBookmarks": {"type": "boolean", "value": "false"},
    }
)
_LOCALES: Final = {"en": "en-GB", "fi": "fi-FI", "sv": "sv-SE", "de": "de-DE"}
_SETTINGS: Final = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Misc", "UseLocking", "false"),
    # Formulas are reckoned anew, whatever program wrote the file.
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),
    ("Office.Calc/Formula/Load", "ODFRecalcMode", "0"),
)
_making_profile: Final = threading.Lock()
_profiles: Final[dict[int, Path]] = {}
# More of them than cores would only wait for each other.
_room: Final = threading.BoundedSemaphore(os.cpu_count() or 1)


class PdfFailed(TemplateRefusedError):
    message = _("LibreOffice could not make a PDF of this file. Open it in your office program, save it anew, and try again.")  # fmt: skip # noqa: E501


class LibreOfficeMissing(TemplateRefusedError):
    message = _("LibreOffice is not installed on this server, so templates of this kind give no PDF. Whoever runs the server can install it: docs/operations.md.")  # fmt: skip # noqa: E501


@cache
def _program() -> str | None:
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


def why_missing() -> str | None:
    """Why no PDF can be made here, as a sentence; None where it can."""
    return None if _program() else str(LibreOfficeMissing())


def to_pdf(
    content: bytes,
    ending: str,
    *,
    language: str = "en",
    enclosed: Sequence[Enclosed] = (),
    descriptions: Sequence[bytes] = (),
) -> bytes:
    """Raises TemplateRefusedError where nothing comes of it, whatever the reason."""
    program = _program()
    if program is None:
        raise LibreOfficeMissing
    ending = ending.lstrip(".").lower()
    with (
        _room,
        tempfile.TemporaryDirectory(prefix="laskuri-office-", ignore_cleanup_errors=True) as made,
    ):
        folder = Path(made)
        source = folder / f"document.{ending}"
        source.write_bytes(content)
        shutil.copytree(_ready_profile(program), folder / "profile")
        _speak(folder / "profile", language)
        _run(
            [
                *_begun(program, folder),
                "--convert-to", f"pdf:{_FILTERS[ending]}:{_OPTIONS}",
                "--outdir", made,
                str(source),
            ],
            folder,
        )  # fmt: skip
        result = folder / "document.pdf"
        pdf = result.read_bytes() if result.is_file() else b""
    if not pdf.startswith(b"%PDF-"):
        raise PdfFailed
    try:
        return finished(pdf, enclosed, descriptions)
    except (pikepdf.PdfError, AttributeError, ValueError) as wrong:
        raise PdfFailed from wrong


def _begun(program: str, folder: Path) -> list[str]:
    profile = (folder / "profile").as_uri()
    return [
        program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo",
        "--nodefault", "--nolockcheck",
    ]  # fmt: skip


def _ready_profile(program: str) -> Path:
    """One that LibreOffice made without having seen a file: making it takes longer than a file."""
    with _making_profile:
        if os.getpid() not in _profiles:
            folder = Path(tempfile.mkdtemp(prefix="laskuri-office-profile-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            _write_profile(folder / "profile")
            _run([*_begun(program, folder), "--terminate_after_init"], folder)
            _profiles[os.getpid()] = folder / "profile"
        return _profiles[os.getpid()]


def _run(command: list[str], folder: Path) -> None:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", str(_LAUNCHER), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        # Nothing of ours: neither addresses of databases nor the fonts that our own papers have.
        env={
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "SAL_USE_VCLPLUGIN": "svp",
            "TMPDIR": str(folder),
        },
        start_new_session=True,
    )
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        raise TookTooLong from None
    finally:
        # It begins others: none of them stays.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _speak(profile: Path, language: str) -> None:
    """Numbers and days of sheets are shown as the program's language has them."""
    settings = profile / "user" / "registrymodifications.xcu"
    locale = _LOCALES.get(language, _LOCALES["en"])
    item = (
        '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale"'
        f' oor:op="fuse"><value>{locale}</value></prop></item>'
    )
    text = settings.read_text() if settings.is_file() else ""
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(text.replace("</oor:items>", f"{item}</oor:items>"))


def _write_profile(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f"{items}</oor:items>"
    )
