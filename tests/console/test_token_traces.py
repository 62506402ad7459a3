"""Nothing of a pasted token, key or secret is in a log or in the data directory afterwards."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.servers import answer_of, collector

from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate

pytestmark = pytest.mark.slow

SUBJECT = "traceless-subject-of-the-tests"
SECRET = "traceless-secret-of-the-tests-0123456789"
KEY = generate("EC")
TOKEN = sign({"sub": SUBJECT}, KEY)
TRACES = (SUBJECT, SECRET, TOKEN, TOKEN.split(".")[1], TOKEN.split(".")[2], KEY["d"], KEY["x"])


def test_nothing_of_what_is_pasted_is_kept(tmp_path: Path) -> None:
    with collector(tmp_path) as server:
        link = answer_of(tmp_path, "token")
        asked = _paste_everywhere(server.url, _once(link))
        assert asked == 10
        assert server.stop() == 0
        assert "Traceback" not in server.said
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in files)
    assert any(_is_database(path) for path in files)
    for path in files:
        data = path.read_bytes()
        for trace in TRACES:
            assert trace.encode() not in data, path.name


def _paste_everywhere(base: str, link: str) -> int:
    """How many requests were answered with 200."""
    answered = 0
    with httpx.Client(base_url=base, headers={"origin": base}) as client:
        client.get(link)
        page = client.get("/tokens").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, page[:500]
        headers = {"x-csrf-token": found[1]}
        fields = {
            "token": TOKEN, "key": str(KEY["d"]), "claims": f'{{"sub": "{SUBJECT}"}}',
            "keys": SECRET, "shared": SECRET, "code": SECRET, "issuer": SUBJECT, "kid": SUBJECT,
        }  # fmt: skip
        for path in ("/tokens", "/tokens/create", "/tokens/keys", "/tokens/codes"):
            for extra in ({}, {"do": "new", "press": "verify", "key": SECRET}):
                answer = client.post(path, data={**fields, **extra}, headers=headers)
                answered += answer.status_code == 200
        body: dict[str, Any] = {"token": TOKEN, "keys": KEY}
        for path in ("inspect", "verify"):
            answer = client.post(f"/api/v1/tokens/{path}", json=body, headers=headers)
            answered += answer.status_code == 200
    return answered


def _once(told: dict[str, str]) -> str:
    """The link's path: the command line does not know on which port this server listens."""
    link = next(value for value in told.values() if "token=" in str(value))
    return "/?" + link.partition("?")[2]


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"
