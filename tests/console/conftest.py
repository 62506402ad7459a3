"""The sample console, a client with a session, and a real browser where there is one."""

import shutil
from collections.abc import Iterator

import pytest
from tests.console.house import API_TOKEN, Client, House, build_house, enter

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
NO_CHROMIUM = (
    "NOT RUN: the console's browser tests, because no Chromium was found. "
    "Install the package `chromium` with the system's package manager."
)
_missing: list[str] = []


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


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the system's browser is; tests that need it are skipped, loudly, when there is none."""
    if CHROMIUM is None:
        _missing.append(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    return CHROMIUM


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        terminalreporter.write_line(NO_CHROMIUM, red=True, bold=True)
