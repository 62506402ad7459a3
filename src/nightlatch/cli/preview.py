"""Whom a measure would have hit, and limits that would fit, as the command line shows them."""

from typing import Annotated

import typer

from nightlatch.app.configuration import configure
from nightlatch.cli.desk import desk
from nightlatch.cli.output import AsJson, counted, plain, print_json, screen, table
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.respond.preview import Preview

_WORDS = {60.0: "a minute", 3_600.0: "an hour", 86_400.0: "a day"}

limits = typer.Typer(help="Limits that would fit what callers do.", no_args_is_help=True)


@limits.command()
def suggest(
    endpoint: Annotated[
        str, typer.Argument(help='One endpoint, "GET /users/{id}"; every one otherwise.')
    ] = "",
    service: Annotated[
        str, typer.Option("--service", help="Only of this service; of all otherwise.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Suggest limits that fit the last week: the 99th percentile of the callers, and a margin."""
    with desk(configure(), looks=True) as one:
        found = one.suggestions(ServiceEndpoint(service, endpoint))
    if as_json:
        print_json(found)
        return
    several = ("Service",) if len({entry.service for entry in found}) > 1 else ()
    rows = table(
        *several, "Endpoint", "Of each", "What", "p50", "p90", "p99", "Most", "Callers",
        "Suggested", "Sure",
        numbers=("p50", "p90", "p99", "Most", "Callers", "Suggested"),
    )  # fmt: skip
    for entry in found:
        figures = (entry.p50, entry.p90, entry.p99, entry.highest, entry.callers, entry.amount)
        rows.add_row(
            *(plain(entry.service) for _ in several),
            plain(entry.endpoint),
            entry.each,
            f"{entry.unit} {_WORDS[entry.seconds]}",
            *(f"{figure:,}" for figure in figures),
            entry.confidence.value,
        )
    screen.print(rows if found else "There is no traffic to learn from yet.")


def print_preview(seen: Preview) -> None:
    screen.print(
        f"In the last 24 hours it would have hit {counted(seen.requests, 'request')}"
        f" ({seen.share * 100:.1f} % of all) of {counted(seen.callers, 'caller')}, who read"
        f" {counted(seen.people, 'person', 'people')}.",
        soft_wrap=True,
    )
    rows = table("Caller", "Requests", "People", "", numbers=("Requests", "People"))
    for caller in seen.top:
        good = "known good" if caller.known_good else ""
        rows.add_row(plain(caller.address), f"{caller.requests:,}", f"{caller.people:,}", good)
    if seen.top:
        screen.print(rows)
    if seen.callers > len(seen.top):
        screen.print(f"and {seen.callers - len(seen.top):,} more")
    for warning in seen.warnings:
        screen.print(warning, style="yellow", markup=False, soft_wrap=True)
