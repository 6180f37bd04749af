"""How the two processes talk: contents with their lengths before them."""

from typing import IO


def read_frame(stream: IO[bytes]) -> bytes | None:
    """None at the end, also where it comes in the middle."""
    length = stream.read(8)
    if len(length) < 8:
        return None
    size = int.from_bytes(length)
    content = stream.read(size)
    return content if len(content) == size else None


def write_frame(stream: IO[bytes], content: bytes) -> None:
    stream.write(len(content).to_bytes(8))
    stream.write(content)
