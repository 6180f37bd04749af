import os
import tempfile
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names also inside `import ... from`, so that a browser never mixes two versions."""

    support_js_module_import_aggregation = True


class DocumentStorage(FileSystemStorage):
    """Files that are on the disk, whole, once `save` returns, and that no save ever overwrites."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        while True:
            path = Path(self.path(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._write(path, content)
            except FileExistsError:
                name = self.get_available_name(name)
            else:
                return Path(path).relative_to(self.location).as_posix()

    def _write(self, path: Path, content: "File[bytes]") -> None:
        """Under another name first: after a power cut there is the whole file or none."""
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o440)
            # A link, because a rename would replace what is there.
            os.link(temporary, path)
        finally:
            Path(temporary).unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
