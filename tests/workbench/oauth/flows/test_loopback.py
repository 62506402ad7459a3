"""The listener that a browser comes back to."""

import httpx
import pytest

from nightlatch.workbench.oauth.flows.loopback import Listener
from nightlatch.workbench.oauth.flows.steps import FlowFault


async def test_a_query_a_form_and_a_fragment_are_taken() -> None:
    for send in ("query", "form"):
        async with Listener() as listener, httpx.AsyncClient() as client:
            address = listener.redirect_uri
            if send == "query":
                answer = await client.get(address, params={"code": "c d", "state": "s"})
            else:
                page = await client.get(address)
                assert "location.hash" in page.text
                assert "script-src 'sha256-" in page.headers["content-security-policy"]
                answer = await client.post(address, data={"code": "c d", "state": "s"})
            assert "You can close this window" in answer.text
            assert answer.headers["cache-control"] == "no-store"
            again = await client.get(address, params={"code": "thief"})
            assert again.status_code == 200
            assert await listener.brought() == (("code", "c d"), ("state", "s"))


async def test_bounds() -> None:
    async with Listener() as listener, httpx.AsyncClient() as client:
        many = "&".join(f"a{n}=1" for n in range(60))
        assert (await client.get(f"{listener.redirect_uri}?{many}")).status_code == 400
        big = await client.post(listener.redirect_uri, content=b"a=" + b"b" * 300_000)
        assert big.status_code == 413
        with pytest.raises(FlowFault, match="did not come back within"):
            await listener.brought(0.1)
        taken = Listener(listener.redirect_uri)
        with pytest.raises(FlowFault, match="cannot listen"):
            await taken.__aenter__()


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/cb", "http://10.0.0.1/cb", "http://0.0.0.0/"]
)
def test_only_this_machine_is_listened_at(address: str) -> None:
    with pytest.raises(FlowFault, match="only an http address of this machine"):
        Listener(address)


async def test_each_log_in_has_its_own_answer() -> None:
    async with Listener() as listener, httpx.AsyncClient() as http:
        for code in ("first", "second"):
            listener.expect()
            await http.get(f"{listener.redirect_uri}?code={code}")
            await http.get(f"{listener.redirect_uri}?code=again")
            assert await listener.brought(5) == (("code", code),)
