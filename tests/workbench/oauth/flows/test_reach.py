"""Calls go into private networks, and never to what hands out a machine's credentials."""

import socket
from collections.abc import Callable

import pytest
from aiohttp import ThreadedResolver
from aiohttp.abc import ResolveResult
from tests.workbench.oauth.flows.playing import fault, says, server, succeeded

from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.reach import is_forbidden
from nightlatch.workbench.oauth.flows.steps import Play, send

FORBIDDEN = (
    "169.254.169.254", "169.254.0.1", "169.254.255.255", "fe80::1", "fe80::1%eth0", "febf::1",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
    "2852039166", "0xa9fea9fe", "0xA9.0xfea9fe", "0251.0376.0251.0376", "169.254.43518",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
)  # fmt: skip
WANTED = (
    "127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "203.0.113.7",
    "169.253.255.255", "169.255.0.0", "fec0::1", "id.example", "", "169.254", "::ffff:10.0.0.1",
    "2130706433", "127.1", "10.1", "0x7f.1", "1.2.3.4.5", "256.1.1.1", "4294967296", "\0",
)  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_forbidden_however_it_is_dressed(address: str) -> None:
    assert is_forbidden(address)


@pytest.mark.parametrize("address", WANTED)
def test_private_networks_and_names_are_let_through(address: str) -> None:
    assert not is_forbidden(address)


def get(url: str) -> Play[Answer]:
    return (yield from send(Call("ask", "GET", url)))


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
async def test_an_address_is_refused_before_a_connection(host: str) -> None:
    assert "link-local or a cloud's metadata service" in await fault(get(f"http://{host}/latest"))


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376"])
async def test_a_number_in_disguise_is_refused(host: str) -> None:
    """By the HTTP client, or by us."""
    assert (await fault(get(f"http://{host}/latest"))).startswith("cannot ask: ")


def leads_to(address: str) -> Callable[..., object]:
    async def resolve(_self: object, host: str, port: int = 0, family: int = 0) -> object:
        one: ResolveResult = {
            "hostname": host, "host": address, "port": port, "family": socket.AF_INET,
            "proto": 0, "flags": 0,
        }  # fmt: skip
        return [one]

    return resolve


async def test_a_name_that_leads_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ThreadedResolver, "resolve", leads_to("169.254.169.254"))
    found = await fault(get("http://metadata.example/latest"))
    assert "link-local or a cloud's metadata service" in found


async def test_a_name_that_leads_here_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _address, _asked: says({"ok": True})) as address:
        monkeypatch.setattr(ThreadedResolver, "resolve", leads_to("127.0.0.1"))
        port = address.rpartition(":")[2]
        answer = await succeeded(get(f"http://inside.example:{port}/"))
    assert answer.status == 200
