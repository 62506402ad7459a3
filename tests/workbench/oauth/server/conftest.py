from collections.abc import Iterator

import pytest
from tests.workbench.oauth.server.running import Bench, running


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as found:
        yield found
