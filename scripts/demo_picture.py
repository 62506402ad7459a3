"""Draw the demo's table: `nightlatch demo --exit --json | python scripts/demo_picture.py`."""

import sys
from pathlib import Path

import msgspec
from rich.console import Console

from nightlatch.cli.demo import result_table
from nightlatch.workbench.demo.cast import make_cast
from nightlatch.workbench.demo.theatre import Run

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "demo.svg"


def main() -> None:
    told = msgspec.json.decode(sys.stdin.readlines()[-1])["runs"]
    people = len(make_cast(told[0]["attempts"]).people) + 1
    runs = [msgspec.convert({**run, "people": people}, Run) for run in told]
    console = Console(record=True, width=84, file=sys.stderr)
    console.print(result_table(runs))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    # The terminal's font from the reader's own machine: a picture in a page loads nothing.
    svg = console.export_svg(title="make demo", font_aspect_ratio=0.61)
    PICTURE.write_text(_without_font_downloads(svg))


def _without_font_downloads(svg: str) -> str:
    head, _, rest = svg.partition("@font-face")
    return head + rest[rest.rindex("@font-face") :].partition("}")[2] if rest else svg


if __name__ == "__main__":
    main()
