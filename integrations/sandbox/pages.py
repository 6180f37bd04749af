"""Pages for people, written by the server, without any script."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from integrations.sandbox.web import Response

HERE = Path(__file__).parent / "html"
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"


class Pages:
    def __init__(self, title: str, folder: Path) -> None:
        self.title = title
        self._engine = Engine(
            dirs=[str(folder), str(HERE)],
            libraries={"sandbox": "integrations.sandbox.filters"},
            builtins=["integrations.sandbox.filters"],
        )

    def render(self, template: str, *, status: int = 200, **context: Any) -> Response:
        text = self._engine.get_template(template).render(
            Context({"title": self.title, **context}, use_l10n=False, use_tz=False)
        )
        return Response(
            status,
            text.encode(),
            "text/html; charset=utf-8",
            {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
        )

    def missing(self) -> Response:
        return self.render("missing.html", status=HTTPStatus.NOT_FOUND)

    def stylesheet(self) -> Response:
        return Response(200, (HERE / "style.css").read_bytes(), "text/css; charset=utf-8")
