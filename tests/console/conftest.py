"""The sample console, and a client with a session."""

from collections.abc import Iterator

import pytest
from tests.console.house import API_TOKEN, Client, House, build_house, enter
from tests.console.oauth_house import Person, Place, place


@pytest.fixture
def house() -> House:
    return build_house()


@pytest.fixture
def stranger(house: House) -> Iterator[Client]:
    """Somebody without a session."""
    with Client(house.app) as client:
        yield client


@pytest.fixture
def client(house: House) -> Iterator[Client]:
    """A browser with a session."""
    with enter(house) as client:
        yield client


@pytest.fixture
def machine(house: House) -> Iterator[Client]:
    """A program with the API token."""
    with Client(house.app, authorization=f"Bearer {API_TOKEN}") as client:
        yield client


@pytest.fixture(scope="module")
def at() -> Iterator[Place]:
    """A console beside a test authorization server, for all of a file's tests."""
    with place() as found:
        yield found


@pytest.fixture
def ada(at: Place) -> Iterator[Person]:
    """Somebody at the OAuth page, who forgets everything in the end."""
    with at.person() as person:
        yield person
        person.post("/oauth/forget")


@pytest.fixture
def ready(ada: Person) -> Person:
    """Somebody who has found the server."""
    ada.discover()
    return ada
