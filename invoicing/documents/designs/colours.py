"""Of one colour those that go with it."""

INK, WHITE = "#1a1f2b", "#ffffff"
# As WCAG asks of text of any size.
READABLE = 4.5


def contrast_with_white(colour: str) -> float:
    """As WCAG has it: 1 is invisible, 21 is black."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def readable_on(colour: str) -> str:
    """White where it can be read on this colour, else the black of the texts."""
    return WHITE if contrast_with_white(colour) >= READABLE else INK


def mixed(colour: str, share: float) -> str:
    """So much of the colour in white."""
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in _parts(colour))


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _linear(part: float) -> float:
    linear: float = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    return linear
