"""Requests leave the console as HAR files: what was searched for, and one by one."""

from urllib.parse import quote

from tests.console.house import Client, House
from tests.console.sample_house import LOOKUP


def test_a_search_is_saved(client: Client) -> None:
    assert 'href="/requests/har?" download' in client.get("/requests").text
    saved = client.get("/requests/har?endpoint=" + quote(LOOKUP, safe=""))
    assert saved.headers["content-type"] == "application/json"
    assert saved.headers["content-disposition"] == 'attachment; filename="nightlatch-requests.har"'
    entries = saved.json()["log"]["entries"]
    assert entries
    assert {entry["_nightlatch"]["endpoint"] for entry in entries} == {LOOKUP}


def test_one_request_is_saved(client: Client, house: House) -> None:
    record = house.records[-1]
    assert f'href="/requests/{record.id}/har"' in client.get(f"/requests/{record.id}").text
    entries = client.get(f"/requests/{record.id}/har").json()["log"]["entries"]
    assert [entry["_nightlatch"]["id"] for entry in entries] == [record.id]


def test_one_that_is_gone_is_not(client: Client) -> None:
    assert client.get("/requests/none/har").status_code == 404


def test_strangers_save_nothing(stranger: Client) -> None:
    answer = stranger.get("/requests/har", follow_redirects=False)
    assert answer.status_code >= 300
    assert b"entries" not in answer.content
