"""`nightlatch detectors`: what many exchanges together show, with its help."""

from typing import Annotated

import msgspec
import typer
from rich.markdown import Markdown

from nightlatch.cli.output import AsJson, Refusal, print_json, screen, table
from nightlatch.detect.behaviour import DetectorHelp
from nightlatch.detect.help import DETECTORS, help_page, reference


def detectors(
    name: Annotated[str, typer.Argument(help="Show the whole help of this detector.")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the reference page of all detectors.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the detectors that judge many exchanges together; name one to read its help."""
    if markdown:
        print(reference(), end="")  # noqa: T201 - raw text for a file
    elif name:
        _show(_named(name), as_json=as_json)
    elif as_json:
        print_json([msgspec.to_builtins(each) for each in DETECTORS])
    else:
        _list()


def _named(name: str) -> DetectorHelp:
    for detector in DETECTORS:
        if detector.kind.value == name:
            return detector
    raise Refusal(f'There is no detector "{name}". `nightlatch detectors` lists them.')


def _show(detector: DetectorHelp, *, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(detector))
    else:
        screen.print(Markdown(help_page(detector)))


def _list() -> None:
    rows = table("Detector", "Says", "OWASP")
    for detector in DETECTORS:
        rows.add_row(detector.kind.value, detector.title, detector.owasp)
    screen.print(rows)
    words = f"\n{len(DETECTORS)} detectors. `nightlatch detectors NAME` explains one."
    screen.print(words, markup=False)
