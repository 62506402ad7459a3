"""Collections that a person said to keep: without secrets, under a name, in the house's store."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from nightlatch.store.ports import DocumentStore
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.flows.workspace import Workspace, dump, load

MAX_KEPT = 50
MAX_NAME = 60
MAX_SIZE = 64 * 1024
"""Bytes of one."""
_KEY = "oauth-collections"


class Kept(Struct, frozen=True):
    name: str
    at: float
    data: bytes
    """As it would be downloaded: what is kept is what is shared."""

    @property
    def place(self) -> str:
        """Of its server; "" where another version of Nightlatch kept it, in a way unknown here."""
        try:
            return self.workspace.place
        except FlowFault:
            return ""

    @property
    def workspace(self) -> Workspace:
        """Raises FlowFault."""
        return load(self.data)


class Collections:
    """Of the whole house: whoever has a session sees them all."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def listed(self) -> list[Kept]:
        """By name."""
        return sorted(_decoded(self._documents.state(_KEY)), key=lambda one: one.name.lower())

    def named(self, name: str) -> Workspace:
        """Raises FlowFault."""
        for one in self.listed():
            if one.name == name:
                return one.workspace
        raise FlowFault("there is no collection of that name: it was deleted")

    def keep(self, name: str, workspace: Workspace, now: float) -> None:
        """In place of what had the name. Raises FlowFault."""
        name, data = " ".join(name.split()), dump(workspace)
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise FlowFault(f"a collection's name has 1 to {MAX_NAME} characters")
        if len(data) > MAX_SIZE:
            raise FlowFault(f"a collection that is kept has at most {MAX_SIZE:,} bytes")

        def with_it(kept: list[Kept]) -> list[Kept]:
            others = [one for one in kept if one.name != name]
            if len(others) >= MAX_KEPT:
                raise FlowFault(f"{MAX_KEPT} collections are kept already: delete one first")
            return [*others, Kept(name, now, data)]

        self._change(with_it)

    def delete(self, name: str) -> None:
        self._change(lambda kept: [one for one in kept if one.name != name])

    def _change(self, change: Callable[[list[Kept]], list[Kept]]) -> None:
        self._documents.change_state(
            _KEY, lambda raw: msgspec.msgpack.encode(change(_decoded(raw)))
        )


def _decoded(raw: bytes | None) -> list[Kept]:
    return msgspec.msgpack.decode(raw, type=list[Kept]) if raw else []
