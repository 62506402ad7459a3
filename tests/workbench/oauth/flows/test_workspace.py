"""What is kept and shared has no secrets, and what is loaded is what was kept."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.workbench.oauth.flows.client import Registration
from nightlatch.workbench.oauth.flows.masking import SECRET_NAMES
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.flows.workspace import Workspace, dump, load, read

NAMES = st.one_of(st.text(max_size=8), st.sampled_from(sorted(SECRET_NAMES)))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, st.text(max_size=8)), st.text(max_size=20))
def test_a_collection_comes_back_without_secrets(more: dict[str, str], place: str) -> None:
    registration = Registration("demo", "private_key_jwt", "openid", "http://127.0.0.1:1/cb")
    back = load(dump(Workspace(place, registration, {"code": more})))
    assert back.registration == registration
    assert back.place == place
    assert back.flows["code"] == {k: v for k, v in more.items() if k not in SECRET_NAMES}


def test_an_address_is_kept_without_the_token_in_it() -> None:
    url = "https://api.example/me?page=2&access_token=let-me-in#id_token=me-too"
    back = load(dump(Workspace("https://id.example", choices={"call": {"url": url}})))
    kept = "https://api.example/me?page=2&access_token=***#id_token=***"
    assert back.choices["call"]["url"] == kept


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"place": 1}', b"{" * 9_000, b" " * 2**21,
                                  b'{"place":"a","token_endpoint":"https://evil.example"}',
                                  b'{"place":"a","registration":{"client_id":"a","client_secret":"b"}}',
                                  ])  # fmt: skip
def test_what_is_no_collection_is_refused(data: bytes) -> None:
    with pytest.raises(FlowFault):
        load(data)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FlowFault, match="No such file"):
        read(tmp_path / "none.json")
