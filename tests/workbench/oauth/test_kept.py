"""Collections in the house's store: bounded, named, and without secrets."""

import msgspec
import pytest

from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.workbench.oauth.flows.client import Registration
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.flows.workspace import Workspace
from nightlatch.workbench.oauth.kept import MAX_KEPT, MAX_NAME, Collections, Kept


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments()


@pytest.fixture
def kept(documents: MemoryDocuments) -> Collections:
    return Collections(documents)


def of(place: str = "https://id.example") -> Workspace:
    return Workspace(place, Registration("demo", scope="openid"))


def test_what_is_kept_is_found_again_by_name(kept: Collections) -> None:
    kept.keep("  Zoo   server ", of("https://zoo.example"), 5.0)
    kept.keep("ape", of(), 6.0)
    assert [(one.name, one.at) for one in kept.listed()] == [("ape", 6.0), ("Zoo server", 5.0)]
    assert kept.named("Zoo server").place == "https://zoo.example"
    kept.keep("ape", of("https://new.example"), 7.0)
    assert kept.named("ape").place == "https://new.example"
    kept.delete("ape")
    kept.delete("never there")
    assert [one.name for one in kept.listed()] == ["Zoo server"]
    with pytest.raises(FlowFault, match="was deleted"):
        kept.named("ape")


def test_what_another_version_kept_is_listed_and_not_opened(
    kept: Collections, documents: MemoryDocuments
) -> None:
    strange = Kept("later", 1.0, b'{"place": "https://a", "invented": 1}')
    documents.put_state("oauth-collections", msgspec.msgpack.encode([strange]))
    kept.keep("ours", of(), 2.0)
    assert [one.place for one in kept.listed()] == ["", "https://id.example"]
    with pytest.raises(FlowFault, match="no collection of this bench"):
        kept.named("later")


@pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1), "a\0b", "a\u202eb"])
def test_a_name_is_a_short_line(kept: Collections, name: str) -> None:
    with pytest.raises(FlowFault, match="characters"):
        kept.keep(name, of(), 0.0)
    assert kept.listed() == []


def test_there_are_so_many_and_each_so_large(kept: Collections) -> None:
    with pytest.raises(FlowFault, match="bytes"):
        kept.keep("large", of("https://" + "x" * 100_000), 0.0)
    for number in range(MAX_KEPT):
        kept.keep(f"{number}", of(), 0.0)
    with pytest.raises(FlowFault, match="delete one first"):
        kept.keep("one more", of(), 0.0)
    kept.keep("0", of("https://replaced.example"), 1.0)
    assert len(kept.listed()) == MAX_KEPT


def test_nothing_with_a_secrets_name_reaches_the_store(
    kept: Collections, documents: MemoryDocuments
) -> None:
    flows = {"code": {"prompt": "login", "client_secret": "hush", "password": "hush"}}
    choices = {"call": {"url": "https://api.example", "token": "hush"}}
    kept.keep("x", Workspace("https://id.example", None, flows, choices=choices), 0.0)
    raw = documents.state("oauth-collections")
    assert raw is not None
    assert b"login" in raw
    assert b"hush" not in raw
