"""What WeasyPrint may read: our own files and the pictures a document itself holds."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from weasyprint.urls import URLFetcher, URLFetcherResponse

from invoicing.documents.glyphs import FONTS

FOLDERS = (FONTS, FONTS.with_name("source-serif"))
_PICTURE = re.compile(r"data:(image/(?:png|jpeg|svg\+xml));base64,")


class NotOurs(ValueError):
    """A document asked for something that is not among its own files."""


class LocalFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out the files of these folders, from memory after the first time, and the pictures that
    an address holds itself; nothing else. What it refuses ends the document, unless it is patient:
    then it is left out."""

    is_patient = False

    def __init__(self, *folders: Path) -> None:
        super().__init__(
            allowed_protocols=["file"], allow_redirects=False, fail_on_errors=not self.is_patient
        )
        self._folders = [folder.resolve() for folder in folders]
        self._kept: dict[str, tuple[str, bytes]] = {}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if picture := _PICTURE.match(url):
            content = base64.b64decode(url[picture.end() :], validate=True)
            return URLFetcherResponse(url, content, {"Content-Type": picture[1]})
        found = self._kept.get(url) or self._kept.setdefault(url, self._read(url))
        return URLFetcherResponse(found[0], found[1])

    def _read(self, url: str) -> tuple[str, bytes]:
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise NotOurs(url)
        path = Path(unquote(parts.path)).resolve()
        if not any(path.is_relative_to(folder) for folder in self._folders):
            raise NotOurs(url)
        return path.as_uri(), path.read_bytes()


class PictureFetcher(LocalFetcher):
    """Hands out the pictures of one document as well, under the addresses it names them by."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(*FOLDERS)
        self._pictures = pictures

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url not in self._pictures:
            return super().fetch(url, headers)
        kind = f"image/{url.rpartition('.')[2]}"
        return URLFetcherResponse(url, self._pictures[url], {"Content-Type": kind})
