"""What `nightlatch import` says: the formats, a sample, and what came of an import."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from rich.markdown import Markdown

from nightlatch.app.importing import FileReport, in_words, sample
from nightlatch.app.recording import Found
from nightlatch.capture.logs.custom import chosen_format
from nightlatch.capture.logs.help import help_page
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.pattern import FormatFault
from nightlatch.capture.logs.reading import Tally
from nightlatch.capture.logs.registry import FORMATS
from nightlatch.capture.logs.run import UnknownFormat, Ways
from nightlatch.cli.output import Refusal, counted, print_json, printable, screen, table
from nightlatch.console.words import PARTS
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part

SAMPLE = 3
"""Exchanges that a dry run shows."""
_SHOWN_ENDPOINTS = 10
_FENCED = re.compile(r"```text\n(.*?)```", re.DOTALL)


def print_formats(wanted: str, *, as_json: bool) -> None:
    """All of them, or the help of one. Raises Refusal."""
    try:
        chosen = [chosen_format(wanted)] if wanted else list(FORMATS)
    except FormatFault as fault:
        raise Refusal(f"{fault}.") from fault
    if as_json:
        print_json([_format_value(each) for each in chosen])
    elif wanted:
        _print_page(help_page(chosen[0], _unseen(chosen[0].unseen)))
    else:
        rows = table("Format", "Written by", "What it is")
        for each in chosen:
            rows.add_row(each.id, each.software, each.what)
        screen.print(rows)
        screen.print(
            f"\n{len(chosen)} formats, format strings of nginx, Apache, HAProxy and Envoy, and "
            "HAR. nightlatch import --formats --format ID explains one.",
            markup=False,
        )


def _print_page(page: str) -> None:
    """Lines for a configuration are to be copied: they are never broken to fit the window."""
    for at, part in enumerate(_FENCED.split(page)):
        if at % 2:
            screen.print(part, markup=False, soft_wrap=True)
        elif part.strip():
            screen.print(Markdown(part))
            screen.print()


def print_sample(paths: Sequence[str], ways: Ways, *, as_json: bool) -> None:
    """Three exchanges of each file, and nothing kept. Raises Refusal."""
    for path in paths:
        try:
            report, found = sample(path, ways, SAMPLE)
        except UnknownFormat as trouble:
            raise Refusal(
                f"No format that is known reads {trouble}. Name one with --format; "
                "nightlatch import --formats lists them."
            ) from trouble
        except Exception as trouble:
            if isinstance(trouble, OSError | ValueError) or type(trouble).__module__.startswith(
                "nightlatch"
            ):
                raise Refusal(f"{path}: {in_words(trouble)}.") from trouble
            raise
        if as_json:
            print_json({"path": path, "format": report.format, "sample": _as_values(found)})
            continue
        screen.print(f"{path} looks like {report.format} ({report.software}).", markup=False)
        _warn_of_zone(report)
        for one in found:
            _print_exchange(one)
        for reason, count in report.tally.rejected.items():
            screen.print(f"Of the first lines, {count:,}: {reason}.", markup=False)


def print_summary(reports: Sequence[FileReport], found: Found, took: float) -> None:
    for report in reports:
        _print_file(report)
    tally = total(reports)
    rate = tally.lines / took if took > 0 else 0.0
    screen.print(
        f"\n{tally.lines:,} lines, {tally.exchanges:,} exchanges in {took:,.1f} s "
        f"({rate:,.0f} lines/s).",
        markup=False,
    )
    for reason, count in tally.rejected.most_common():
        screen.print(f"  {count:,} left out: {reason}.", markup=False)
    if tally.first:
        screen.print(f"From {_date(tally.first)} to {_date(tally.last)}.", markup=False)
    if tally.exchanges:
        _print_found(found)
        screen.print(
            f"What this source cannot show, and nobody concludes from: {_unseen(tally.unseen)}.",
            markup=False,
        )


def summary_value(reports: Sequence[FileReport], found: Found, took: float) -> dict[str, object]:
    tally = total(reports)
    return {
        "files": [
            {
                "path": report.path,
                "format": report.format,
                "read_before": report.before,
                "trouble": report.trouble,
                **_tally_value(report.tally),
            }
            for report in reports
        ],
        **_tally_value(tally),
        "seconds": round(took, 3),
        "levels": {level.word: found.levels[level] for level in sorted(Level)},
        "detections": found.detections,
        "endpoints": sorted(found.endpoints),
        "incidents": found.incidents,
    }


def total(reports: Sequence[FileReport]) -> Tally:
    tally = Tally()
    for report in reports:
        tally.add(report.tally)
    return tally


def _print_file(report: FileReport) -> None:
    if report.trouble:
        screen.print(f"{report.path}: {report.trouble}.", style="red", markup=False)
    if not report.format:
        return
    screen.print(f"{report.path} looks like {report.format} ({report.software}).", markup=False)
    if report.before and not report.tally.lines:
        screen.print("  It was read before, and nothing was added to it.", markup=False)
    elif report.before:
        screen.print(f"  Read on from byte {report.before:,}.", markup=False)
    _warn_of_zone(report)


def _warn_of_zone(report: FileReport) -> None:
    if not report.zone_named:
        screen.print("  Its times name no zone; --zone says which.", markup=False)


def _print_found(found: Found) -> None:
    levels = ", ".join(f"{found.levels[level]:,} {level.word}" for level in sorted(Level)[::-1])
    doors = counted(len(found.endpoints), "endpoint")
    screen.print(f"{doors}; exchanges by level: {levels}.", markup=False)
    for endpoint, count in found.endpoints.most_common(_SHOWN_ENDPOINTS):
        screen.print(printable(f"  {count:>9,}  {endpoint}"), markup=False)
    if len(found.endpoints) > _SHOWN_ENDPOINTS:
        screen.print(f"  and {len(found.endpoints) - _SHOWN_ENDPOINTS:,} more", markup=False)
    if found.incidents:
        screen.print(f"Open: {counted(found.incidents, 'incident')}; see them in the console.")
    for kind, count in found.detections.items():
        screen.print(f"  detected {counted(count, 'time')}: {kind}", markup=False)


def _print_exchange(one: Observed) -> None:
    asked, told = one.request, one.response
    url = f"{asked.scheme}://{asked.host}" if asked.scheme and asked.host else asked.host
    query = f"?{asked.query}" if asked.query else ""
    who = f"{asked.peer or 'somebody'}{f' ({one.principal})' if one.principal else ''}"
    screen.print(
        printable(f"\n  {_date(one.at)}  {who}: {asked.method} {url}{asked.path}{query}"),
        markup=False,
        soft_wrap=True,
    )
    answer = f"{told.status}, {told.body.size:,} bytes" if told else "no answer"
    took = "" if Part.DURATION in one.source.unseen else f", {one.duration:.3f} s"
    screen.print(f"    {answer}{took}", markup=False)
    for name, value in asked.headers.text():
        if name not in ("authorization", "cookie"):
            screen.print(printable(f"    {name}: {value}"), markup=False, soft_wrap=True)
    screen.print(f"    unseen: {_unseen(one.source.unseen)}", markup=False, soft_wrap=True)


def _as_values(found: Sequence[Observed]) -> list[dict[str, object]]:
    return [
        {
            "at": one.at,
            "duration": one.duration,
            "client": one.request.peer,
            "user": one.principal,
            "method": one.request.method,
            "scheme": one.request.scheme,
            "host": one.request.host,
            "path": one.request.path,
            "query": one.request.query,
            "status": one.response.status if one.response else 0,
            "size": one.response.body.size if one.response else 0,
            "unseen": sorted(one.source.unseen),
        }
        for one in found
    ]


def _tally_value(tally: Tally) -> dict[str, object]:
    return {
        "lines": tally.lines,
        "exchanges": tally.exchanges,
        "rejected": dict(tally.rejected),
        "first": tally.first,
        "last": tally.last,
        "unseen": sorted(tally.unseen),
    }


def _format_value(each: LogFormat) -> dict[str, object]:
    return {
        "id": each.id,
        "software": each.software,
        "what": each.what,
        "examples": list(each.examples),
        "setup": each.setup,
        "unseen": sorted(each.unseen),
    }


def _unseen(unseen: AbstractSet[Part]) -> str:
    return ", ".join(words for part, words in PARTS.items() if part in unseen) or "nothing"


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
