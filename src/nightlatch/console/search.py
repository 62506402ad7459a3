"""The search of the request list: its state is the address, so a view can be kept and sent."""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from nightlatch.exchange.judgement import Level
from nightlatch.store.ports import EventQuery

PAGE = 50
LEVELS = {level.name.lower(): level for level in Level}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
MAX_LENGTH = 500
"""Of one field: longer is cut, an address is not the place for more."""


class Search(Struct, frozen=True):
    """The fields as typed; empty means any. Field names are the parameters of the address."""

    level: str = ""
    """At least: "low", "medium" or "high"."""
    endpoint: str = ""
    service: str = ""
    method: str = ""
    status: str = ""
    """"404" or "4xx"."""
    address: str = ""
    circle: str = ""
    check: str = ""
    refused: str = ""
    """"yes" or "no"."""
    text: str = ""
    before: str = ""
    """Older than the record with this id."""

    def problems(self) -> tuple[str, ...]:
        """What cannot be searched for, in words; empty when all can."""
        found = []
        if self.level and self.level not in LEVELS:
            found.append(f"level: “{self.level}” is not low, medium or high")
        if self.status and not _is_status(self.status):
            found.append(f"status: “{self.status}” is neither a code such as 404 nor a class: 4xx")
        if self.refused not in ("", "yes", "no"):
            found.append(f"refused: “{self.refused}” is not yes or no")
        return tuple(found)

    def query(self, limit: int = PAGE) -> EventQuery:
        """For the store; a field with a problem does not narrow."""
        return EventQuery(
            level=LEVELS.get(self.level),
            endpoint=self.endpoint or None,
            service=self.service or None,
            method=self.method or None,
            status=self.status if _is_status(self.status) else None,
            address=self.address or None,
            circle=self.circle or None,
            check=self.check or None,
            refused={"yes": True, "no": False}.get(self.refused),
            text=self.text or None,
            before=self.before or None,
            limit=limit,
        )

    def active(self) -> dict[str, str]:
        """The fields that narrow, without the page."""
        fields = msgspec.structs.asdict(self)
        return {name: value for name, value in fields.items() if value and name != "before"}

    def address_with(self, **changes: str) -> str:
        """The query string of this search, changed."""
        return urlencode({key: value for key, value in (self.active() | changes).items() if value})


def read_search(parameters: Mapping[str, str]) -> Search:
    """From an address's parameters; unknown ones are left to others."""
    fields = {
        name: parameters[name].strip()[:MAX_LENGTH]
        for name in Search.__struct_fields__
        if name in parameters
    }
    if "method" in fields:
        fields["method"] = fields["method"].upper()
    return Search(**fields)


def _is_status(status: str) -> bool:
    return (
        len(status) == 3
        and status[0] in "12345"
        and (status[1:] == "xx" or (status[1:].isascii() and status[1:].isdigit()))
    )
