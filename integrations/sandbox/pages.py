"""Pages for people, written by the server, without any script."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from integrations.sandbox.web import Response

HERE = Path(__file__).parent / "html"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
    " frame-ancestors 'none'; form-action "
)


class Pages:
    """`folder` has the templates of a system, `navigation.html` and `overview.html` among them."""

    def __init__(self, title: str, folder: Path, *, filters: str) -> None:
        self.title = title
        self._engine = Engine(
            dirs=[str(folder), str(HERE)], builtins=["integrations.sandbox.filters", filters]
        )

    def render(
        self, template: str, *, status: int = 200, form_action: str = "'self'", **context: Any
    ) -> Response:
        text = self._engine.get_template(template).render(
            Context({"title": self.title, **context}, use_l10n=False, use_tz=False)
        )
        return Response(
            status,
            text.encode(errors="replace"),  # a body may show half a letter
            "text/html; charset=utf-8",
            {"Content-Security-Policy": POLICY + form_action, "Cache-Control": "no-store"},
        )

    def missing(self) -> Response:
        return self.render("missing.html", status=HTTPStatus.NOT_FOUND)

    def asset(self, name: str) -> Response | None:
        kind = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}.get(name)
        return Response(200, (HERE / name).read_bytes(), kind) if kind else None
