"""Corpora are read row by row, and a mistake in one names its file and line."""

import gzip
import json
from pathlib import Path

import pytest
from benchmarks.detection.corpus import CorpusError, Row, corpus_files, read_rows

ROW = {
    "method": "POST",
    "target": "/search?q=1",
    "headers": [["Accept", "*/*"]],
    "body": "aGVsbG8=",
    "label": 1,
    "set": "tiny",
    "group": "sqli",
    "testcase": "union",
    "a key of a later format": None,
}
LINE = json.dumps(ROW).encode()


def _rows(path: Path) -> list[Row]:
    return [row for row, _ in read_rows(path)]


@pytest.mark.parametrize("name", ["tiny.jsonl", "tiny.jsonl.gz"])
def test_plain_and_compressed_files_are_read_alike(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = LINE + b"\n\n" + LINE
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    row, again = _rows(path)
    assert row == again
    assert (row.body, row.attack, row.kind) == (b"hello", True, "sqli/union")
    assert row.headers == (("Accept", "*/*"),)
    assert sum(read for _, read in read_rows(path)) == path.stat().st_size


def test_only_corpora_of_the_directory_are_read_by_name(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "README.md", "c.json"):
        (tmp_path / name).touch()
    (tmp_path / "d.jsonl").mkdir()
    assert [path.name for path in corpus_files(tmp_path)] == ["a.jsonl.gz", "b.jsonl"]


def test_a_directory_without_corpora_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"there is no \*\.jsonl"):
        corpus_files(tmp_path)
    with pytest.raises(CorpusError, match="nowhere: no such directory"):
        corpus_files(tmp_path / "nowhere")


def test_lone_surrogates_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "surrogates.jsonl"
    path.write_bytes(LINE.replace(b"search", b"\\udce2"))
    assert _rows(path)[0].target == "/\udce2?q=1"


BROKEN: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"method: GET", "Expecting value"),
    "not UTF-8": (LINE.replace(b"search", b"\xff\xfe"), "utf-8"),
    "cut": (LINE[:40], "Invalid control character"),
    "too deep": (b"[" * 100_000, "recursion"),
    "not an object": (b"[]", "Expected `object`"),
    "without a label": (LINE.replace(b'"label"', b'"other"'), "label"),
    "another label": (LINE.replace(b'"label": 1', b'"label": 2'), r"\$\.label"),
    "body not base64": (LINE.replace(b"aGVsbG8=", b"aGVsb"), r"base64.*\$\.body"),
    "a header of three": (LINE.replace(b'"*/*"', b'"*/*", "q"'), r"\$\.headers"),
    "a number for a target": (LINE.replace(b'"/search?q=1"', b"7"), r"\$\.target"),
}


@pytest.mark.parametrize(("line", "words"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_names_its_file_and_line(tmp_path: Path, line: bytes, words: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(LINE + b"\n" + line + b"\n")
    with pytest.raises(CorpusError, match=rf"broken\.jsonl, line 2: .*{words}"):
        _rows(path)


@pytest.mark.parametrize(
    "data",
    [LINE, gzip.compress(LINE * 100)[:-20], b"\x1f\x8b\x08" + b"\x00" * 7 + b"\xff" * 40],
    ids=["not compressed", "cut", "damaged"],
)
def test_damaged_files_are_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "damaged.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(CorpusError, match=r"damaged\.jsonl\.gz, "):
        _rows(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.detection.corpus.MAX_LINE", 1_000)
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(CorpusError, match=r"bomb\.jsonl\.gz, line 1: longer than 1000 bytes"):
        _rows(path)
