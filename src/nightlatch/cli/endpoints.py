"""`nightlatch endpoints`: the doors of the API, the most dangerous first."""

from contextlib import closing
from pathlib import Path

from nightlatch.app.configuration import configure
from nightlatch.app.stores import open_documents
from nightlatch.cli.output import AsJson, Refusal, plain, print_json, screen, table
from nightlatch.exchange.facts import EndpointSummary, Expectation
from nightlatch.exchange.judgement import Level

_NUMBERS = ("People\n24 h", "People\n30 d", "Requests")
_COLOURS = {Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "green"}


def endpoints(as_json: AsJson = False) -> None:
    """Every endpoint seen, with its posture, its data and how many people it gave away."""
    settings = configure()
    if not Path(settings.data_dir).is_dir():
        raise Refusal(
            f"There is no data in {settings.data_dir!r} yet. Start the application with the "
            "middleware from this directory, or name the place with NIGHTLATCH_DATA_DIR."
        )
    with closing(open_documents(settings)) as documents:
        summaries = documents.endpoints()
    if as_json:
        print_json(summaries)
    else:
        _print(summaries)


def _print(summaries: list[EndpointSummary]) -> None:
    several = len({summary.service for summary in summaries}) > 1
    service = ("Service",) if several else ()
    rows = table(
        "Risk", *service, "Endpoint", "Posture", "Contract", "Data", *_NUMBERS, numbers=_NUMBERS
    )  # fmt: skip
    for summary in summaries:
        colour = _COLOURS[summary.risk]
        classes = sorted({item.data_class.value for item in summary.items})
        contract = summary.contract.expectation if summary.contract else Expectation.UNDECIDED
        rows.add_row(
            f"[{colour}]{summary.risk.word}[/]",
            *(plain(summary.service) for _ in service),
            plain(summary.endpoint),
            summary.posture.value,
            contract.value,
            ", ".join(classes) or "none",
            f"{summary.exposure_day:,}",
            f"{summary.exposure_month:,}",
            f"{summary.requests:,}",
        )
    screen.print(rows if summaries else "No endpoint has been seen yet.")
