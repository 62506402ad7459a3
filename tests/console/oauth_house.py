"""A console on a real socket beside the test authorization server, and people who play flows."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from msgspec import Struct
from tests.console.house import Clock, House, build_house, served
from tests.servers import eventually
from tests.workbench.oauth.flows.serving import Serving, serving

from nightlatch.console.guard import COOKIE

_PANEL_STAGE = re.compile(r"now-(working|approval|browser|elsewhere|done|failed)")
_HREF = re.compile(r'href="([^"]+)" target="_blank" rel="noopener noreferrer" data-next')


class Now(Clock):
    """Tokens are judged by the console's clock, and made by the server's."""

    def __call__(self) -> float:
        return time.time()


class Place(Struct):
    house: House
    base: str
    server: Serving

    @contextmanager
    def person(self) -> Iterator["Person"]:
        """Somebody with a session of their own."""
        with httpx.Client(base_url=self.base, headers={"origin": self.base}, timeout=20) as http:
            http.get("/", params={"token": self.house.access.issue(self.house.clock())})
            session = self.house.access.session(http.cookies[COOKIE], self.house.clock())
            assert session is not None
            yield Person(http, session.csrf, self)


@contextmanager
def place(*faults: str, network: bool = True, **options: Any) -> Iterator[Place]:
    house = build_house(0, 0, network=network, clock=Now())
    with serving(*faults, interval=1, **options) as server, served(house.app) as base:
        yield Place(house, base, server)


class Person:
    """A browser without scripts."""

    def __init__(self, http: httpx.Client, csrf: str, at: Place) -> None:
        self.http = http
        self.csrf = csrf
        self.at = at

    def get(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.http.post(path, data={"csrf_token": self.csrf, **fields})

    def discover(self) -> None:
        """The test server, and its demo client."""
        answer = self.post("/oauth/server", place=self.at.server.issuer, demo="on")
        assert answer.status_code == 303, answer.text

    def start(self, flow: str, **fields: str) -> "Flow":
        answer = self.post(f"/oauth/flows/{flow}", **fields)
        assert answer.status_code == 303, answer.text
        return Flow(self, answer.headers["location"])


class Flow:
    """A flow on its way, as its page shows it."""

    def __init__(self, person: Person, path: str) -> None:
        self.person = person
        self.path = path

    @property
    def page(self) -> str:
        return self.person.get(self.path)

    @property
    def stage(self) -> str:
        found = _PANEL_STAGE.search(self.page)
        assert found is not None
        return found[1]

    def until(self, stage: str) -> str:
        """The page at that stage."""
        eventually(lambda: self.stage == stage)
        return self.page

    def act(self, what: str, **fields: str) -> httpx.Response:
        return self.person.post(f"{self.path}/{what}", **fields)

    def browse_on(self, most: int = 20) -> str:
        """Go wherever the browser is sent, until the flow is over: its page."""
        for _ in range(most):
            eventually(lambda: self.stage in ("browser", "done", "failed"))
            if self.stage != "browser":
                return self.page
            httpx.get(self.browse())
        raise AssertionError(f"more than {most} visits")

    def address(self) -> str:
        """Where the browser is to go."""
        found = _HREF.search(self.until("browser"))
        assert found is not None
        return found[1].replace("&amp;", "&")

    def browse(self) -> str:
        """Go there, and be sent back: the address, which nobody has opened yet."""
        answer = httpx.get(self.address())
        return answer.headers["location"]


def pairs_of(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    return dict(parse_qsl(parts.query or parts.fragment))
