"""Put every icon on one line and drop its invisible frame, as `{% icon %}` prints them into pages."""

import re
from pathlib import Path

FRAME = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" />')

for path in (Path(__file__).parent / "tabler-icons").glob("*.svg"):
    text = re.sub(r"<!--.*?-->\s*", "", FRAME.sub("", path.read_text()), flags=re.DOTALL)
    path.write_text(re.sub(r"\s+", " ", text).replace(" >", ">").replace("> <", "><").strip() + "\n")
