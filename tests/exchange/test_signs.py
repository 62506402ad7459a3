from threading import Thread

import pytest

from nightlatch.exchange.signs import (
    ADDRESS,
    ALL,
    NUMBER,
    PASSWORD_NAME,
    PRIVILEGE_NAME,
    SCHEMA,
    SECRET,
    STRUCTURE,
    signs_in,
)


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("", 0),
        ("nothing to see 2024-01-15T10:20:30Z 42", 0),
        ('{"a":1,"b":"c"}', 0),
        ('{"a": 1, "b": "c"}', 0),
        ("a@b.de", ADDRESS),
        ("15551234567", NUMBER),
        ("+45 12 34", NUMBER),
        ("a=b", STRUCTURE),
        ("<a>", STRUCTURE),
        ("Cookie: a", STRUCTURE),
        ('"{\\"a\\":1}"', STRUCTURE),
        ('{"query": "{ __schema }"}', SCHEMA),
        ('{"Wifi_Password": 1}', PASSWORD_NAME),
        ('{"user": {"isAdmin" : true}}', PRIVILEGE_NAME),
        ('{"a": "the owner of the role"}', 0),
        ("xoxb-1 a@b", SECRET | ADDRESS),
        ("\\u0065yJ", ALL),
        ("e\0y\0J\0", ALL),
    ],
)
def test_signs(text: str, signs: int) -> None:
    assert signs_in(text.encode()) == signs


def test_threads_do_not_disturb_each_other() -> None:
    wrong: list[int] = []

    def scan() -> None:
        seen = [signs_in(b"a@b.de " * 500) for _ in range(300)]
        wrong.extend(signs for signs in seen if signs != ADDRESS)

    threads = [Thread(target=scan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
