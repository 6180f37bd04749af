"""A file of an office program is a zip of parts: taken apart, within bounds, and packed again.

Nothing of it is ever written to a disk, and no size that the file itself states is believed.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from invoicing.templating.office import errors

_MB: Final = 1024 * 1024
LARGEST_FILE_MB: Final = 10
LARGEST_UNPACKED_MB: Final = 64
MOST_PARTS: Final = 1_000
MOST_CELLS: Final = 300_000
# Rows that are all alike come to about 1 : 100; what is made to burst has 1 : 1000.
_TIGHTEST: Final = 200
_TIGHT_FROM: Final = 2 * _MB
_CHUNK: Final = 256 * 1024
_WHEN: Final = (1980, 1, 1, 0, 0, 0)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NAME: Final = re.compile(r"[^\x00-\x1f\\:*?\"<>|]{1,250}")
_ENCRYPTED: Final = 0x1
_ENDINGS: Final = {"docx": "DOCX", "xlsx": "XLSX", "ods": "ODS"}

type Parts = dict[str, bytes]


def shown(ending: str) -> str:
    return _ENDINGS[ending]


def unpack(content: bytes, ending: str) -> Parts:
    """All parts by name, in the file's order."""
    if len(content) > LARGEST_FILE_MB * _MB:
        raise errors.FileTooLarge(most=LARGEST_FILE_MB)
    if content.startswith(_OLE):
        raise errors.OldOrProtected(ending=shown(ending))
    if not content.startswith(b"PK\x03\x04"):
        raise errors.NotWhatItsEndingSays(ending=shown(ending))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _checked(archive)
            return _read(archive, members)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise errors.FileBroken(part="ZIP") from None


def _checked(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_PARTS:
        raise errors.TooManyParts(most=MOST_PARTS)
    seen = set()
    for member in members:
        name = member.filename
        steps = name.split("/")
        if (
            not _NAME.fullmatch(name)
            # `orig_filename` differs where the name hides something behind a zero byte.
            or name != member.orig_filename
            or any(step in ("", ".", "..") for step in steps)
            or name.lower() in seen
        ):
            raise errors.PartMisnamed(part=name[:80])
        seen.add(name.lower())
        if member.flag_bits & _ENCRYPTED:
            raise errors.Protected
    if sum(member.file_size for member in members) > LARGEST_UNPACKED_MB * _MB:
        raise errors.UnpackedTooLarge(most=LARGEST_UNPACKED_MB)
    return members


def _read(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Parts:
    parts: Parts = {}
    left = LARGEST_UNPACKED_MB * _MB
    for member in members:
        part = _bounded(archive, member, left)
        left -= len(part)
        parts[member.filename] = part
    return parts


def _bounded(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    """What the part really comes to, and no more of it than there is room for."""
    read = bytearray()
    tightest = max(_TIGHT_FROM, _TIGHTEST * member.compress_size)
    with archive.open(member) as packed:
        while chunk := packed.read(_CHUNK):
            read += chunk
            if len(read) > left:
                raise errors.UnpackedTooLarge(most=LARGEST_UNPACKED_MB)
            if len(read) > tightest:
                raise errors.PackedTooTightly(part=member.filename[:80])
    return bytes(read)


def pack(parts: Mapping[str, bytes]) -> bytes:
    """The same parts give the same bytes. `mimetype` stays first and unpacked, as ODF demands."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(parts, key=lambda name: name != "mimetype"):
            member = zipfile.ZipInfo(name, date_time=_WHEN)
            member.create_system = 0
            member.compress_type = (
                zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            )
            archive.writestr(member, parts[name])
    return file.getvalue()
