"""The workbench's network, as the settings want it."""

from pathlib import Path

import pytest
from starlette.routing import Mount

from nightlatch.app.collector import build_server
from nightlatch.respond.recorder import Recorder
from nightlatch.settings import load_settings
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents


@pytest.mark.parametrize("network", [True, False])
def test_the_console_is_told_whether_it_may_call_servers(tmp_path: Path, *, network: bool) -> None:
    settings = load_settings({"data_dir": str(tmp_path), "workbench_network": network}, {})
    events, documents = MemoryEvents(), MemoryDocuments()
    recorder = Recorder(events, documents, notifiers=())
    served = build_server(settings, recorder, events, documents)
    (console,) = [
        route.app
        for route in served.routes  # type: ignore[attr-defined]
        if isinstance(route, Mount)
    ]
    assert console.state.console.bench.network is network  # type: ignore[attr-defined]
