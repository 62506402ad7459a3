"""The workbench in a collector: its network as the settings want it, and its calls live."""

import re
from html import unescape
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount
from tests.servers import answer_of, collector, eventually, shop

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


_LIVE = re.compile(r'data-next href="(/requests\?[^"]+)"')
_ROW = re.compile(r'href="/requests/[^"?]+"')


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/v1/profile", "/v1/users/12015550142/status"])
def test_a_call_is_found_behind_its_link_to_the_live_view(tmp_path: Path, path: str) -> None:
    """Also where the path names somebody, which the record does not."""
    with (
        collector(tmp_path) as up,
        shop(tmp_path, URL=up.url, SERVICE="shop") as server,
        httpx.Client(base_url=up.url, headers={"origin": up.url}, timeout=20) as http,
    ):
        assert server.get("/health").status_code == 200
        http.get(answer_of(tmp_path, "token", CONSOLE_PORT=str(up.port))["url"])
        csrf = http.get("/oauth").text.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": csrf, "url": server.url + path, "method": "GET"}
        started = http.post("/oauth/flows/call", data=form)
        assert started.status_code == 303, started.text
        run = started.headers["location"]
        (link,) = eventually(lambda: _LIVE.findall(http.get(run).text))
        assert "12015550142" not in link
        (row,) = eventually(lambda: _ROW.findall(http.get(unescape(link)).text))
        assert row
