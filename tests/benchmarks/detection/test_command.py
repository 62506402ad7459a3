"""The whole benchmark over a tiny corpus: what people read, and what machines read."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from benchmarks.detection.command import main


def _line(label: int, target: str, body: bytes = b"", headers: Sequence[Sequence[str]] = ()) -> str:
    return json.dumps(
        {
            "method": "POST" if body else "GET",
            "target": target,
            "headers": headers,
            "body": base64.b64encode(body).decode(),
            "label": label,
            "set": "tiny" if label else "ordinary",
            "group": "sqli" if label else "norm",
        }
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("corpora")
    attacks = [_line(1, "/?q=1'%20UNION%20SELECT%20password%20FROM%20users--%20"), _line(1, "/ok")]
    legit = [_line(0, f"/v1/users/{number}?locale=en") for number in range(5)]
    (directory / "attacks.jsonl").write_text("\n".join(attacks))
    (directory / "legit.jsonl").write_text("\n".join(legit))
    return directory


@pytest.mark.slow
def test_people_and_machines_read_what_was_measured(
    corpus: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("benchmarks.detection.cost.REPEATS", 5)
    monkeypatch.setattr("benchmarks.detection.cost.HOSTILE_SIZE", 20_000)
    cases = tmp_path / "cases.jsonl"
    main([str(corpus), "--json", "--missed", "0", "--cases", str(cases)])
    out, told = capsys.readouterr()

    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert figures["sets"] == {
        "tiny": {"tp": 50.0, "tn": None, "attacks": 2, "legit": 0},
        "ordinary": {"tp": None, "tn": 100.0, "attacks": 0, "legit": 5},
    }
    assert list(figures["files"]) == ["attacks", "legit"]
    assert 0 < figures["cpu_us"]["p50"] <= figures["cpu_us"]["p99"]
    assert min(figures[name] for name in ("get_us", "post_us", "worst_us", "build_s")) > 0

    assert "sql-injection 1" in told
    assert "Missed: 1" in told
    assert "… and 1 more; --cases FILE writes them all" in told
    (case,) = map(json.loads, cases.read_text().splitlines())
    assert (case["verdict"], case["target"]) == ("missed", "/ok")


def test_a_broken_corpus_is_said_and_ends_in_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        main([str(tmp_path)])
    assert ending.value.code == 2
    assert "there is no *.jsonl.gz or *.jsonl file in it" in capsys.readouterr().err
