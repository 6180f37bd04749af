"""The process apart: takes jobs from its standard input and answers on its standard output.

Begun by `kitchen` with a folder of its own and nothing of the program's environment.
"""

import base64
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(BASE))

from weasyprint import CSS, HTML  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402

from invoicing.documents.archival import Enclosed, identifier_of, pdf_a  # noqa: E402
from invoicing.documents.fetching import FOLDERS, LocalFetcher, NotOurs  # noqa: E402
from invoicing.documents.glyphs import FONTS, with_boxes  # noqa: E402
from invoicing.templating.html.frames import read_frame, write_frame  # noqa: E402
from invoicing.templating.html.language import Refused, filled, used  # noqa: E402
from invoicing.templating.html.limits import OutOfTime, confine, seconds  # noqa: E402
from invoicing.templating.html.tidying import TooLarge, tidied  # noqa: E402

STYLES = Path(__file__).with_name("paper.css")
LONGEST_ADDRESS = 4_000_000
type Job = dict[str, Any]


class Watching(LocalFetcher):
    """Writes down what it was asked for and does not hand out."""

    is_patient = True

    def __init__(self, *folders: Path) -> None:
        super().__init__(*folders)
        self.refused: list[str] = []

    def fetch(self, url: str, headers: object = None) -> Any:
        try:
            if len(url) > LONGEST_ADDRESS:
                raise NotOurs(url)
            return super().fetch(url, headers)
        except (ValueError, OSError):
            self.refused.append(url[:200])
            raise


class Press:
    def __init__(self) -> None:
        self.fetcher = Watching(*FOLDERS)
        self.fonts = FontConfiguration()
        self.styles = CSS(
            string=STYLES.read_text(),
            base_url=FONTS.as_uri() + "/",
            font_config=self.fonts,
            url_fetcher=self.fetcher,
        )
        # Whatever WeasyPrint reads the first time it sets a page is read before the doors close.
        self.set("<p>Laskuri</p>", {"identity": "first"})

    def set(self, page: str, job: Job) -> bytes:
        enclosed = [_enclosed(one) for one in job.get("enclosed", [])]
        descriptions = [base64.b64decode(one) for one in job.get("descriptions", [])]
        page = with_boxes(page)
        self.fetcher.refused.clear()
        return pdf_a(
            HTML(string=page, url_fetcher=self.fetcher),
            identifier=identifier_of(job["identity"], page, enclosed, descriptions),
            styles=[self.styles],
            fonts=self.fonts,
            pictures={},
            enclosed=enclosed,
            descriptions=descriptions,
        )


def _enclosed(told: Job) -> Enclosed:
    return Enclosed(
        name=told["name"],
        content=base64.b64decode(told["content"]),
        description=told["description"],
        relationship=told["relationship"],
        at=datetime.fromisoformat(told["at"]),
    )


def main() -> None:
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    press = Press()
    confine((BASE / "invoicing", *FOLDERS))
    while (job := read_frame(jobs)) is not None:
        told, content = _done(press, json.loads(job))
        write_frame(answers, json.dumps(told).encode())
        write_frame(answers, content)
        answers.flush()


def _done(press: Press, job: Job) -> tuple[Job, bytes]:
    """What came of a job: `refused` with a `reason`, or the answer."""
    try:
        with seconds(job["seconds"]):
            if job["do"] == "inspect":
                return {"used": used(job["source"], job["lists"])}, b""
            page = tidied(
                filled(job["source"], job["context"]),
                language=job["language"],
                title=job["title"],
                about=job["about"],
                mark=job["mark"],
            )
            content = press.set(page, job)
            return {"left_out": list(dict.fromkeys(press.fetcher.refused))}, content
    except Refused as refused:
        return {"refused": "wrong", "reason": refused.reason, "line": refused.line}, b""
    except (OutOfTime, MemoryError, TooLarge):
        return {"refused": "too much"}, b""
    except Exception as trouble:
        # Of the template, whatever it is: this process has nothing else to fail on.
        return {"refused": "wrong", "reason": f"{type(trouble).__name__}: {trouble}"[:200],
                "line": 0}, b""  # fmt: skip


if __name__ == "__main__":
    main()
