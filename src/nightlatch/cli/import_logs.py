"""`nightlatch import`: logs and HAR files, into the records of this machine or to the collector."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from msgspec.structs import replace
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from nightlatch.app.configuration import configure
from nightlatch.app.importing import (
    FileReport,
    Follower,
    Importer,
    follow,
    in_order,
    open_bookmarks,
)
from nightlatch.app.recording import open_recording
from nightlatch.capture.logs.custom import chosen_format
from nightlatch.capture.logs.files import STANDARD_INPUT
from nightlatch.capture.logs.formats.json import JSON
from nightlatch.capture.logs.json_lines import JsonLines, MappingFault, read_mapping
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.pattern import FormatFault
from nightlatch.capture.logs.reading import Tally
from nightlatch.capture.logs.run import Ways
from nightlatch.cli.import_summary import print_formats, print_sample, print_summary, summary_value
from nightlatch.cli.output import AsJson, Refusal, print_json
from nightlatch.cli.progress import progress_bar
from nightlatch.cli.up import asked_to_end, end_in_order
from nightlatch.settings import Settings


def import_logs(
    files: Annotated[
        list[str] | None,
        typer.Argument(help='Logs and HAR files, also packed (gz, zst, bz2, xz); "-": stdin.'),
    ] = None,
    log_format: Annotated[
        str, typer.Option("--format", help="A format's id, or a format string; else it is told.")
    ] = "",
    mapping: Annotated[
        str, typer.Option(help="For JSON lines: MEANING=MEMBER, ... (status=res.code).")
    ] = "",
    service: Annotated[
        str, typer.Option(help="Whose API it is; else `service` of the settings.")
    ] = "",
    name: Annotated[str, typer.Option(help="What this source shall be called.")] = "",
    zone: Annotated[str, typer.Option(help="Of times that name none: Europe/Berlin.")] = "UTC",
    host: Annotated[
        list[str] | None, typer.Option(help="Only exchanges with this host; may be repeated.")
    ] = None,
    keep_reading: Annotated[
        bool, typer.Option("--follow", help="Go on as they grow, through rotations.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="From the beginning, whatever was read before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show three exchanges as understood; keep nothing.")
    ] = False,
    formats: Annotated[
        bool, typer.Option("--formats", help="List the formats, or explain that of --format.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read access logs and HAR files as if they had happened here.

    The format is told from the first lines, also within what Docker, Kubernetes or the journal put
    around them. A file that was read before is read on from where that
    ended, also after it was rotated or packed: nothing is counted twice. `nightlatch import
    --formats` lists what can be read, and `--format nginx:'$remote_addr ...'` says how to read what
    cannot be told: any format string of nginx, Apache, HAProxy or Envoy.
    """
    if formats:
        print_formats(log_format, as_json=as_json)
        return
    if not files:
        raise Refusal("Name a file, or - for standard input: nightlatch import access.log")
    settings = configure()
    ways = _ways(settings, log_format, mapping, zone)
    ways = replace(
        ways,
        service=service or settings.service,
        name=name,
        hosts=frozenset(one.lower() for one in host or ()),
        again=again,
    )
    _check(files, keep_reading=keep_reading)
    ordered = in_order(files, ways)
    if dry_run:
        print_sample(ordered, ways, as_json=as_json)
        return
    _import(ordered, ways, settings, keep_reading=keep_reading, as_json=as_json)


def _ways(settings: Settings, log_format: str, mapping: str, zone: str) -> Ways:
    try:
        chosen = _chosen(log_format, mapping)
        return Ways(settings.service, chosen, ZoneInfo(zone))
    except (FormatFault, MappingFault) as fault:
        raise Refusal(f"{fault}.") from fault
    except (KeyError, ValueError, OSError) as fault:
        raise Refusal(f'There is no zone "{zone}"; write Europe/Berlin, or UTC.') from fault


def _chosen(log_format: str, mapping: str) -> LogFormat | None:
    if not mapping:
        return chosen_format(log_format) if log_format else None
    if log_format not in ("", "json"):
        raise Refusal("--mapping is for JSON lines; leave --format away.")
    fields = read_mapping(mapping)
    return replace(JSON, open=lambda: JsonLines(fields))


def _check(files: Sequence[str], *, keep_reading: bool) -> None:
    if keep_reading and STANDARD_INPUT in files:
        raise Refusal("Standard input is read until it ends, without --follow.")
    for path in files:
        if path != STANDARD_INPUT and Path(path).is_dir():
            raise Refusal(f"{path} is a directory; name the files in it: {path}/access.log*")
        if path != STANDARD_INPUT and not keep_reading and not Path(path).exists():
            raise Refusal(f"There is no file {path}.")


def _import(
    files: Sequence[str], ways: Ways, settings: Settings, *, keep_reading: bool, as_json: bool
) -> None:
    end_in_order()
    began = time.monotonic()
    with (
        open_recording(settings) as recording,
        _shown(files, quiet=as_json) as shown,
        asked_to_end() as stopping,
    ):
        importer = Importer(
            ways,
            open_bookmarks(settings),
            recording,
            shown,
            body_limit=settings.capture.body_limit,
            stopping=stopping,
        )
        reports = (_follow if keep_reading else _read)(files, importer, shown)
    took = time.monotonic() - began
    if as_json:
        print_json(summary_value(reports, recording.found, took))
    else:
        print_summary(reports, recording.found, took)
    if any(report.trouble for report in reports):
        raise typer.Exit(1)


def _read(files: Sequence[str], importer: Importer, shown: "_Shown") -> list[FileReport]:
    reports: list[FileReport] = []
    for path in files:
        shown.begin(path)
        reports.append(importer.read(path))
    return reports


def _follow(files: Sequence[str], importer: Importer, shown: "_Shown") -> list[FileReport]:
    followers = [Follower(path, importer, FileReport(path)) for path in files]

    def told() -> None:
        lines = sum(one.past.lines + one.report.tally.lines for one in followers)
        shown(", ".join(files), 0, lines)

    follow(followers, importer.stopping, told)
    reports = []
    for one in followers:
        one.close()
        whole = Tally()
        whole.add(one.past)
        whole.add(one.report.tally)
        one.report.tally = whole
        reports.append(one.report)
    return reports


class _Shown:
    """A bar over all files, by their bytes on the disk."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=total or None, rate="")
        self._before = 0
        self._lines_before = 0
        self._now = (0, 0)
        self._began = time.monotonic()

    def begin(self, path: str) -> None:
        self._before += self._now[0]
        self._lines_before += self._now[1]
        self._now = (0, 0)
        self._bar.update(self._task, description=Path(path).name)

    def __call__(self, path: str, done: int, lines: int) -> None:
        self._now = (done, lines)
        took = max(time.monotonic() - self._began, 1e-3)
        everything = self._lines_before + lines
        self._bar.update(
            self._task,
            completed=self._before + done,
            description=Path(path).name,
            rate=f"{everything:,} lines, {everything / took:,.0f}/s",
        )


@contextmanager
def _shown(files: Sequence[str], *, quiet: bool) -> Iterator[_Shown]:
    total = sum(Path(path).stat().st_size for path in files if Path(path).is_file())
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with progress_bar(*columns, quiet=quiet) as bar:
        yield _Shown(bar, total)
