"""A program of its own: applies the official rules to the files it is given, one after the other.

Saxon ends the whole process when two threads compile at once, and its faults shall end nobody
else's. It is started by `rules.py`, reads a line of JSON for each file and answers with one:
{"sheets": [path, ...], "xml": text} -> {"fired": [number, ...], "failed": [{...}]}, or
{"broken": why}.
"""

import json
import select
import sys
from typing import Any

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
# Nobody asks any more: the memory of compiled rules is better given back.
IDLE_SECONDS = 120


def main() -> None:
    from saxonche import PySaxonProcessor

    compiled: dict[str, Any] = {}
    with PySaxonProcessor(license=False) as processor:
        compiler = processor.new_xslt30_processor()
        while select.select([sys.stdin], [], [], IDLE_SECONDS)[0]:
            line = sys.stdin.readline()
            if not line:
                return
            asked = json.loads(line)
            try:
                answer = _judge(processor, compiler, compiled, asked)
            # Whatever Saxon raises, the one who asked is to know it.
            except Exception as error:
                answer = {"broken": str(error)}
            print(json.dumps(answer), flush=True)


def _judge(
    processor: Any, compiler: Any, compiled: dict[str, Any], asked: dict[str, Any]
) -> dict[str, Any]:
    node = processor.parse_xml(xml_text=asked["xml"])
    fired, failed = [], []
    for path in asked["sheets"]:
        if path not in compiled:
            compiled[path] = compiler.compile_stylesheet(stylesheet_file=path)
        report = compiled[path].transform_to_string(xdm_node=node)
        count, found = _read(report)
        fired.append(count)
        failed += found
    return {"fired": fired, "failed": failed}


def _read(report: str) -> tuple[int, list[dict[str, str]]]:
    from lxml import etree

    root = etree.fromstring(report.encode())
    failed = [
        {
            "rule": one.get("id", ""),
            "flag": one.get("flag") or one.get("role") or "fatal",
            "location": one.get("location", ""),
            "text": " ".join("".join(one.find(f"{SVRL}text").itertext()).split()),
        }
        for one in root.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report")
    ]
    return len(list(root.iter(f"{SVRL}fired-rule"))), failed


if __name__ == "__main__":
    main()
