"""A program of its own: finds the e-invoice inside a PDF that anybody may have sent.

Such a file may be made to take all memory or to end the process that opens it, and that shall be
nobody else's. It is started by `inspecting.py` for one file, which it gets on its standard input,
and answers with one line of JSON: {"part": "3", "name": "factur-x.xml", "xml": base64}, or
{"broken": why}.
"""

import base64
import io
import json
import resource
import sys
import zlib
from typing import Any

NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
MOST_MEMORY = 1024 * 1024 * 1024
MOST_SECONDS = 20
MOST_XML = 20 * 1024 * 1024


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        answer = _found(sys.stdin.buffer.read())
    except MemoryError:
        answer = {"broken": "it needs too much memory"}
    # Whatever is raised over a file of anybody's, the one who asked is to know it.
    except Exception as error:
        answer = {"broken": str(error)}
    sys.stdout.write(json.dumps(answer))


def _found(content: bytes) -> dict[str, str]:
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        part = str(pdf.open_metadata().get("pdfaid:part", ""))
        files = {name.lower(): name for name in pdf.attachments}
        name = next((name for name in NAMES if name in files), "")
        if not name:
            return {"broken": "there is no e-invoice inside this PDF"}
        xml = _unpacked(pdf.attachments[files[name]].get_file().obj)
    return {"part": part, "name": name, "xml": base64.b64encode(xml).decode()}


def _unpacked(stream: Any) -> bytes:
    """No more of it than may be, whatever it says of itself."""
    if str(stream.get("/Filter", "")) == "/FlateDecode" and "/DecodeParms" not in stream:
        unpacked = zlib.decompressobj().decompress(stream.read_raw_bytes(), MOST_XML + 1)
    else:
        unpacked = stream.read_bytes()
    if len(unpacked) > MOST_XML:
        raise ValueError("the e-invoice inside is larger than 20 MB")
    return bytes(unpacked)


if __name__ == "__main__":
    main()
