"""Lines as containers and the journal keep them: taken out, put together, read exactly once."""

import json
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.logs.intakes import Remembering, log_line

from nightlatch.capture.logs.bookmarks import Bookmarks
from nightlatch.capture.logs.custom import chosen_format
from nightlatch.capture.logs.envelopes import ENVELOPES, FAR, STREAMS, Joining, envelope_of
from nightlatch.capture.logs.lines import MAX_LINE
from nightlatch.capture.logs.run import Run, Ways
from nightlatch.capture.logs.values import Fault, Unread

WAYS = Ways("api")
NOW = "2026-11-18T19:18:28.123456789Z"
PIECE = 40
"""Characters after which these cut a line; Docker and containerd do at 16,384."""


def pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)] or [""]


def docker(text: str, stream: str = "stdout") -> list[str]:
    *begun, last = pieces(text)
    return [
        json.dumps({"log": piece, "stream": stream, "time": NOW}) for piece in [*begun, last + "\n"]
    ]


def cri(text: str, stream: str = "stdout") -> list[str]:
    *begun, last = pieces(text)
    return [*(f"{NOW} {stream} P {piece}" for piece in begun), f"{NOW} {stream} F {last}"]


def journal(text: str, stream: str = "a1") -> list[str]:
    *begun, last = pieces(text)
    told = [(piece, {"_LINE_BREAK": "line-max"}) for piece in begun]
    shared = {"_STREAM_ID": stream, "__REALTIME_TIMESTAMP": "1795029508123456", "PRIORITY": "6"}
    return [json.dumps({"MESSAGE": piece, **shared, **more}) for piece, more in [*told, (last, {})]]


WRAPS: dict[str, Callable[..., list[str]]] = {"docker": docker, "cri": cri, "journal": journal}


def test_what_is_nested_without_end_is_in_none() -> None:
    deep = '{"deep":' + "[" * 50_000
    for envelope in ENVELOPES:
        with pytest.raises(Unread):
            envelope.open(deep)
    assert envelope_of([deep]) is None


def test_each_is_told_from_its_lines() -> None:
    assert set(WRAPS) == {each.id for each in ENVELOPES}
    line = log_line("/a").rstrip("\n")
    for name, wrap in WRAPS.items():
        told = envelope_of(["panic: not in one", *wrap(line), *wrap(line)])
        assert told is not None
        assert told.id == name
    assert envelope_of([line, '{"log": 1, "stream": "stdout"}', "{}"]) is None
    assert envelope_of([]) is None


def read(path: Path, place: Path, intake: Remembering, ways: Ways = WAYS) -> Run:
    with Run(str(path), ways, Bookmarks(place / "imports"), intake, intake.settle) as run:
        while run.step():
            pass
        run.finish()
    return run


def written(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize("name", WRAPS)
def test_what_was_cut_is_whole_again(name: str, tmp_path: Path) -> None:
    wrap, lines = WRAPS[name], [log_line(f"/{number}").rstrip("\n") for number in range(200)]
    log = written(tmp_path / "log", [piece for line in lines for piece in wrap(line)])
    intake = Remembering()
    run = read(log, tmp_path, intake)
    assert intake.paths == [f"/{number}" for number in range(200)]
    assert run.format.id == "nginx-combined"
    assert run.format.written_by.startswith("nginx, Apache, in ")
    assert run.tally.rejected == {}
    again = Remembering()
    read(log, tmp_path, again)
    assert again.seen == []


@pytest.mark.parametrize("name", WRAPS)
def test_wherever_it_was_stopped_nothing_is_lost_or_twice(name: str, tmp_path: Path) -> None:
    """Two streams at once, one line of each under way, and a writer that is slow."""
    wrap = WRAPS[name]
    rows = [
        row
        for number in range(6)
        for pair in zip(
            wrap(log_line(f"/out/{number}").rstrip("\n"), "stdout"),
            wrap(log_line(f"/err/{number}").rstrip("\n"), "stderr"),
            strict=True,
        )
        for row in pair
    ]
    whole = "".join(f"{row}\n" for row in rows)
    log, kept, stops = tmp_path / "log", {}, 0
    for end in [*range(500, len(whole), 211), len(whole)]:
        log.write_text(whole[:end])
        intake = Remembering()
        read(log, tmp_path, intake, Ways("api", chosen_format("nginx-combined")))
        kept.update({one.id: one.request.path for one in intake.seen})
        stops += 1
    wanted = {f"/{stream}/{number}" for stream in ("out", "err") for number in range(6)}
    assert sorted(kept.values()) == sorted(wanted)
    assert stops > 8


def test_what_never_ends_is_counted_and_waits(tmp_path: Path) -> None:
    line = log_line("/late").rstrip("\n")
    first, *rest = cri(line)
    log = written(tmp_path / "log", [*cri(log_line("/a").rstrip("\n")), first])
    intake = Remembering()
    run = read(log, tmp_path, intake)
    assert (intake.paths, run.tally.rejected) == (["/a"], {Fault.CUT: 1})
    with log.open("a") as file:
        file.write("".join(f"{piece}\n" for piece in rest))
    read(log, tmp_path, intake)
    assert intake.paths == ["/a", "/late"]


def test_what_is_not_in_the_envelope_stops_nobody(tmp_path: Path) -> None:
    lines = [*docker(log_line("/a").rstrip("\n")), "oops", "{}", '{"log": 3}', "",
             *docker(log_line("/b").rstrip("\n"))]  # fmt: skip
    intake = Remembering()
    run = read(written(tmp_path / "log", lines), tmp_path, intake)
    assert intake.paths == ["/a", "/b"]
    assert run.tally.rejected == {Fault.ENVELOPE: 3}
    assert run.tally.lines == len(lines)


def test_directives_within_are_known_after_a_stop(tmp_path: Path) -> None:
    head = docker("#Fields: date time c-ip cs-method cs-uri sc-status")
    row = "2026-11-18 19:18:28 203.0.113.7 GET /{} 200"
    log, intake = tmp_path / "log", Remembering()
    written(log, [*head, *docker(row.format("a"))])
    assert read(log, tmp_path, intake).format.id == "w3c"
    with log.open("a") as file:
        file.write("".join(f"{piece}\n" for piece in docker(row.format("b"))))
    read(log, tmp_path, intake)
    assert intake.paths == ["/a", "/b"]


def test_a_line_without_a_time_has_that_of_its_envelope(tmp_path: Path) -> None:
    told = json.dumps({"method": "GET", "path": "/a", "status": 200})
    intake = Remembering()
    read(written(tmp_path / "log", cri(told)), tmp_path, intake)
    assert intake.seen[0].at == pytest.approx(1795029508.123457)


def test_bytes_of_the_journal_come_as_they_were() -> None:
    joining = Joining(next(one for one in ENVELOPES if one.id == "journal"))
    told = {"MESSAGE": list("é\xff".encode("latin-1")), "__REALTIME_TIMESTAMP": "1"}
    found = joining.take(json.dumps(told), 0)
    assert found is not None
    assert found.text == "é\xff"
    for message, fault in ((None, Fault.LONG), ([256], Fault.ENVELOPE), ({}, Fault.ENVELOPE)):
        with pytest.raises(Unread) as unread:
            joining.take(json.dumps({**told, "MESSAGE": message}), 0)
        assert unread.value.fault is fault


def test_lines_and_streams_are_bounded() -> None:
    joining = Joining(next(one for one in ENVELOPES if one.id == "cri"))
    for at in range(100):
        assert joining.take(f"{NOW} stdout P {'x' * 16_384}", at) is None
    with pytest.raises(Unread) as unread:
        joining.take(f"{NOW} stdout F x", 100)
    assert unread.value.fault is Fault.LONG
    whole = joining.take(f"{NOW} stdout F after", 101)
    assert whole is not None
    assert (whole.text, joining.since) == ("after", None)
    assert MAX_LINE < 100 * 16_384
    many = Joining(next(one for one in ENVELOPES if one.id == "journal"))
    for at in range(STREAMS + 5):
        many.take(journal("y" * (PIECE + 1), f"s{at}")[0], at)
    assert (many.since, many.given_up) == (5, 5)


def test_what_nobody_will_end_is_given_up_and_counted(tmp_path: Path) -> None:
    """The process is gone in the middle of a line; others go on, not for long and for long."""
    begun = journal(log_line("/gone").rstrip("\n"), "gone")[0]
    rows = [row for number in range(40) for row in journal(log_line(f"/{number}").rstrip("\n"))]
    for blanks, waits in ((1, True), (FAR // 60_000 + 1, False)):
        log = written(tmp_path / f"{blanks}", [begun, *rows, *[" " * 60_000] * blanks, *rows])
        intake = Remembering()
        run = read(log, tmp_path / f"marks-{blanks}", intake)
        assert len(intake.seen) == 80
        assert run.tally.rejected == {Fault.CUT: 1}
        assert run._reading.offset == (0 if waits else log.stat().st_size)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_whatever_comes_is_a_piece_or_a_fault(text: str) -> None:
    sent = text.encode().decode("latin-1")
    lines = (sent, f"{NOW} stdout P {sent}", json.dumps({"log": text, "stream": text}))
    for envelope in ENVELOPES:
        for line in lines:
            with suppress(Unread):
                assert isinstance(envelope.open(line).text, str)


@pytest.mark.skipif(
    subprocess.run(["which", "journalctl"], capture_output=True, check=False).returncode != 0,
    reason="NOT RUN: no journalctl was found. Install the system's package `systemd`.",
)
def test_the_real_journal_is_told(tmp_path: Path) -> None:
    told = subprocess.run(
        ["journalctl", "-o", "json", "-n", "5", "--no-pager"],
        capture_output=True, text=True, check=False,
    ).stdout.splitlines()  # fmt: skip
    if not told:
        pytest.skip("the journal of this machine is empty")
    envelope = envelope_of(told)
    assert envelope is not None
    assert envelope.id == "journal"
