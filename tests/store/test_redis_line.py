"""One connection for all threads, against a real server that is slow, stopped, killed or wrong."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.servers import eventually, free_port
from tests.store.redis_servers import RedisServer, needs_redis, redis_server

from nightlatch.store import redis_line
from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import RedisAddress, read_address
from nightlatch.store.redis_line import LATE, RedisLine, State
from nightlatch.store.redis_questions import Question, Refusal, Script, Waiting, pack, run_script

pytestmark = [needs_redis, pytest.mark.slow]

PATIENT = 20.0
SHORT = 0.02
Open = Callable[..., RedisLine]


@pytest.fixture
def open_line(server: RedisServer) -> Iterator[Open]:
    lines: list[RedisLine] = []

    def open_one(address: RedisAddress | None = None) -> RedisLine:
        address = address or read_address(server.url)
        line = RedisLine(address.nodes[0], address)
        lines.append(line)
        line.open()
        assert line.opened.wait(PATIENT)
        return line

    yield open_one
    for line in lines:
        line.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate for localhost that signs itself, and its key."""
    chain, key = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, *names, "-keyout", key, "-out", chain], check=True, capture_output=True
    )
    return chain, key


def ask(line: RedisLine, *words: str | int | bytes, within: float = PATIENT) -> Any:
    waiting = Waiting()
    question = Question(pack(*words), waiting.take, time.monotonic() + within)
    line.submit(question)
    return waiting.wait(question)


def fails(line: RedisLine, within: float = SHORT) -> str:
    with pytest.raises(StoreFailed) as told:
        ask(line, "PING", within=within)
    return str(told.value)


def works(line: RedisLine) -> bool:
    try:
        return bool(ask(line, "PING") == b"PONG")
    except StoreFailed:
        return False


def test_each_thread_gets_its_own_answer(open_line: Open) -> None:
    line = open_line()
    wrong = []

    def work(worker: int) -> None:
        for number in range(300):
            said = f"{worker}:{number}"
            if ask(line, "ECHO", said).decode() != said:
                wrong.append(said)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_answers_larger_than_a_read_and_a_write(open_line: Open) -> None:
    line = open_line()
    text = b"x" * 3_000_000
    assert ask(line, "SET", "large", text) == b"OK"
    assert ask(line, "GET", "large") == text


def test_an_error_is_a_value_for_who_asked_and_no_trouble(open_line: Open) -> None:
    line = open_line()
    answers: list[Any] = []
    line.submit(Question(pack("NONSENSE"), answers.append, time.monotonic() + PATIENT))
    eventually(lambda: answers, pause=0.001)
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "ERR"
    with pytest.raises(StoreFailed, match="unknown command"):
        ask(line, "NONSENSE")
    assert works(line)


def test_a_script_is_spelled_out_for_a_server_that_forgot_it(
    open_line: Open, server: RedisServer
) -> None:
    line = open_line()
    script = Script("return {KEYS[1], ARGV[1]}")
    for _ in range(2):
        waiting = Waiting()
        due = time.monotonic() + PATIENT
        question = run_script(script, 1, ("k", "v"), waiting.take, due)
        line.submit(question)
        assert waiting.wait(question) == [b"k", b"v"]
        server.ask("SCRIPT", "FLUSH")


def test_nobody_waits_longer_than_the_deadline(open_line: Open, server: RedisServer) -> None:
    line = open_line()
    server.freeze()
    began = time.monotonic()
    assert "in time" in fails(line, 0.005)
    # No measurement: a server that is silent for long must not hold anyone for seconds.
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize("how", ["paused", "stopped"])
def test_a_slow_server_is_left_alone_until_it_has_caught_up(
    open_line: Open, server: RedisServer, how: str
) -> None:
    line = open_line()
    if how == "paused":
        server.ask("CLIENT", "PAUSE", 500)
    else:
        server.freeze()
    for _ in range(LATE):
        fails(line)
    eventually(lambda: line.state is State.SLOW, pause=0.001)
    answers: list[Any] = []
    line.submit(Question(pack("PING"), answers.append, time.monotonic() + PATIENT))
    # Refused at once, in this very thread.
    assert isinstance(answers[0], StoreFailed)
    assert "too late" in line.trouble
    server.thaw()
    eventually(lambda: line.up, pause=0.01)
    assert ask(line, "ECHO", "again") == b"again"
    assert line.trouble == ""


def test_a_server_that_stays_silent_is_connected_to_anew(
    open_line: Open, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_line, "SILENT", 0.2)
    line = open_line()
    server.freeze()
    for _ in range(LATE):
        fails(line)
    eventually(lambda: line.state is State.DOWN, pause=0.01)
    server.thaw()
    eventually(lambda: works(line), pause=0.01)


def test_late_answers_go_to_nobody(open_line: Open, server: RedisServer) -> None:
    line = open_line()
    server.freeze()
    late: list[Any] = []
    line.submit(Question(pack("ECHO", "late"), late.append, time.monotonic() + SHORT))
    eventually(lambda: late, pause=0.001)
    assert isinstance(late[0], StoreFailed)
    server.thaw()
    eventually(lambda: works(line), pause=0.01)
    assert ask(line, "ECHO", "next") == b"next"
    assert len(late) == 1


def test_a_server_that_dies_and_comes_back(open_line: Open, server: RedisServer) -> None:
    line = open_line()
    answers: list[Any] = []
    server.freeze()
    line.submit(Question(pack("PING"), answers.append, time.monotonic() + PATIENT))
    server.stop()
    eventually(lambda: answers, pause=0.01)
    assert isinstance(answers[0], StoreFailed)
    assert line.state is State.DOWN
    assert "cannot be reached" in fails(line, PATIENT)
    server.start()
    eventually(lambda: works(line), pause=0.01)


def test_what_waits_is_bounded(
    open_line: Open, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_line, "QUEUE", 10)
    monkeypatch.setattr(redis_line, "UNDER_WAY", 5)
    line = open_line()
    server.freeze()
    answers: list[Any] = []
    for _ in range(100):
        line.submit(Question(pack("PING"), answers.append, time.monotonic() + PATIENT))
    refused = [one for one in answers if "wait already" in str(one)]
    assert 85 <= len(refused) <= 90
    server.thaw()
    eventually(lambda: len(answers) == 100, pause=0.01)
    assert answers.count(b"PONG") == 100 - len(refused)


def test_something_that_is_no_redis(open_line: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        line = open_line(RedisAddress((listener.getsockname(),)))
    assert line.state is State.DOWN
    assert "cannot be reached" in line.trouble


def test_closing_fails_what_waits(open_line: Open, server: RedisServer) -> None:
    line = open_line()
    server.freeze()
    answers: list[Any] = []
    line.submit(Question(pack("PING"), answers.append, time.monotonic() + PATIENT))
    line.close()
    line.close()
    assert isinstance(answers[0], StoreFailed)
    assert "closed" in fails(line)


def test_a_fork_has_a_connection_of_its_own(open_line: Open) -> None:
    line = open_line()
    assert works(line)
    child = os.fork()
    if child == 0:
        # Straight out, whatever happens: this is a copy of the test run.
        os._exit(0 if all(works(line) for _ in range(10)) else 1)
    mine = [ask(line, "ECHO", str(number)) for number in range(100)]
    assert mine == [str(number).encode() for number in range(100)]
    assert os.waitpid(child, 0)[1] == 0


def test_users_passwords_and_databases(open_line: Open) -> None:
    with redis_server() as server:
        server.ask("ACL", "SETUSER", "app", "on", ">word", "~nl:*", "+@all")
        server.ask("CONFIG", "SET", "requirepass", "s3cret")
        host = f"127.0.0.1:{server.port}"
        second = open_line(read_address(f"redis://:s3cret@{host}/2"))
        assert ask(second, "SET", "k", "v") == b"OK"
        first = open_line(read_address(f"redis://:s3cret@{host}"))
        assert ask(first, "DBSIZE") == 0
        user = open_line(read_address(f"redis://app@{host}", "word"))
        assert ask(user, "SET", "nl:k", "v") == b"OK"
        with pytest.raises(StoreFailed, match="may not run"):
            ask(user, "SET", "k", "v")
        wrong = open_line(read_address(f"redis://:other@{host}"))
        assert wrong.state is State.DOWN
        assert "WRONGPASS" in wrong.trouble
        assert "other" not in wrong.trouble


@pytest.mark.skipif(shutil.which("openssl") is None, reason="NOT RUN: no openssl here")
def test_tls(open_line: Open, certificate: tuple[str, str]) -> None:
    chain, key = certificate
    port = free_port()
    options = ["--tls-port", str(port), "--tls-cert-file", chain, "--tls-key-file", key]
    with redis_server(*options, "--tls-auth-clients", "no", "--tls-ca-cert-file", chain):
        url = f"rediss://localhost:{port}"
        line = open_line(read_address(url, authority=chain))
        text = b"x" * 300_000
        assert ask(line, "SET", "large", text) == b"OK"
        assert ask(line, "GET", "large") == text
        assert "CERTIFICATE_VERIFY_FAILED" in open_line(read_address(url)).trouble
