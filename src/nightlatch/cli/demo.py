"""`nightlatch demo`: the breach, seen and stopped, on this machine."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from nightlatch.app.configuration import configure
from nightlatch.app.stores import cache_dir
from nightlatch.cli.output import AsJson, print_json, screen
from nightlatch.cli.patterns import compile_patterns
from nightlatch.cli.progress import progress_bar
from nightlatch.cli.up import console_link, end_in_order, run_in_order
from nightlatch.exchange.judgement import Mode
from nightlatch.workbench.demo.cast import Cast, make_cast
from nightlatch.workbench.demo.encore import encore
from nightlatch.workbench.demo.theatre import SCENES, Run, Scene, Stage, play, set_stage

_WORDS = {Mode.OFF: "unprotected", Mode.OBSERVE: "observe", Mode.ENFORCE: "enforce"}


def demo(
    exit_: Annotated[
        bool, typer.Option("--exit", help="End after the table instead of leaving it all running.")
    ] = False,
    attempts: Annotated[
        int, typer.Option(min=1_000, max=30_000, help="How many numbers the attacker tries.")
    ] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Replay the breach against a sample API: unprotected, observed and enforced.

    Nine runs over real HTTP, from 1, 100 and 10,000 client addresses, each after a short stretch of
    honest traffic. Nothing leaves this machine.
    """
    end_in_order()
    # Before the curtain: the sample's servers would each wait for it.
    compile_patterns(cache_dir(configure()), quiet=as_json)
    cast = make_cast(attempts)
    with tempfile.TemporaryDirectory(prefix="nightlatch-demo-") as directory, ExitStack() as stages:
        runs, last = run_in_order(_play_all(Path(directory), cast, stages, quiet=as_json))
        if as_json:
            print_json({"runs": [_as_value(run) for run in runs]})
        else:
            screen.print(result_table(runs))
        if not exit_:
            _stay(last, attempts)


def serve_sample(port: int, attempts: int) -> None:
    """Serve the sample API of the demo behind the middleware."""
    import uvicorn

    from nightlatch.cli.sample import sample_app

    uvicorn.run(sample_app(attempts), port=port, log_level="warning", access_log=False)


async def _play_all(
    directory: Path, cast: Cast, stages: ExitStack, *, quiet: bool
) -> tuple[list[Run], Stage]:
    """Every run, and the last stage, still standing. Stages end with `stages` at the latest."""

    def prepare(scene: Scene) -> Stage:
        stage = set_stage(scene, directory, len(cast.attack_list))
        stages.callback(stage.stop)
        return stage

    runs: list[Run] = []
    stage = prepare(SCENES[0])
    with _progress(quiet=quiet) as announce:
        for scene, following in zip(SCENES, (*SCENES[1:], None), strict=True):
            # A server takes a second or two to start: the next one does so behind the curtain.
            behind = prepare(following) if following else None
            runs.append(await play(stage, scene, cast, announce))
            if behind is not None:
                stage.strike()
                stage = behind
    return sorted(runs, key=lambda run: (list(_WORDS).index(run.mode), run.addresses)), stage


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Scene, str, int], Callable[[], None]]]:
    """One bar, which says which run it is."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with progress_bar(*columns, TimeElapsedColumn(), quiet=quiet) as bar:
        task = bar.add_task("", total=None)

        def announce(scene: Scene, words: str, steps: int) -> Callable[[], None]:
            number = SCENES.index(scene) + 1
            addresses = "1 address" if scene.addresses == 1 else f"{scene.addresses:,} addresses"
            bar.reset(
                task,
                total=steps,
                description=f"[{number}/{len(SCENES)}] {_WORDS[scene.mode]}, {addresses}: {words}",
            )
            return lambda: bar.advance(task)

        yield announce


def _as_value(run: Run) -> dict[str, object]:
    """What is promised to machines, which is no more than this."""
    value: dict[str, object] = to_builtins(run)
    del value["people"]
    return value


def result_table(runs: Sequence[Run]) -> Table:
    """What the runs came to, in 80 columns."""
    first = runs[0]
    rows = Table(
        title=f"One list of {first.attempts:,} phone numbers, 15 % of them with an account",
        caption=f"Each run: {first.legit_requests:,} honest requests of {first.people:,} people.",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    for column in (
        "Mode", "From\naddresses", "People\ndisclosed", "First alert\nafter attempts",
        "Honest requests\nrefused", "Honest people\nrefused",
    ):  # fmt: skip
        rows.add_column(column, justify="left" if column == "Mode" else "right")
    for run in runs:
        rows.add_row(*_cells(run), end_section=run.addresses == 10_000)
    return rows


def _cells(run: Run) -> tuple[str, ...]:
    colour = "green" if run.mode is Mode.ENFORCE else "red"
    alert = run.first_alert_after
    return (
        _WORDS[run.mode],
        f"{run.addresses:,}",
        f"[{colour}]{run.disclosed:,}[/]",
        "never" if alert is None else f"{alert:,}",
        f"{run.legit_refused:,}",
        f"{run.people_refused:,}",
    )


def _console_link(stage: Stage) -> str:
    place = {"data_dir": str(stage.data), "console_port": stage.console_port}
    return console_link(configure(place, environment={}))


def _stay(stage: Stage, attempts: int) -> None:
    """Leave the observed API under a slow attack, so that a person can close the door."""
    screen.print(
        f"\nThe sample API is still under attack, and only [bold]observed[/]. Console:\n\n"
        f"    [bold]{_console_link(stage)}[/]\n\n"
        "Open the incident, press the button that enforces, and watch the disclosures end.\n"
        "Ctrl-C ends the demo."
    )
    with suppress(KeyboardInterrupt):
        run_in_order(encore(stage, attempts))
