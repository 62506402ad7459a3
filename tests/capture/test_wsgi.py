"""The WSGI middleware without a server; PEP 3333's own referee stands on both sides of it."""

import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper

import pytest
from tests.capture.challenging import challenging, solve
from tests.capture.recording import FORBID, WITHHOLD, WOULD_WITHHOLD, Flight, Recording, allow
from tests.capture.wsgi_talk import JSON, Talk, answering, environ, length, strictly, talk

from nightlatch.capture.environ import Environ, StartResponse
from nightlatch.capture.watching import StreamCut
from nightlatch.capture.wsgi import WsgiCapture
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Action, Decision, Mode
from nightlatch.faults import FAULTS

TEXT = ("Content-Type", "text/plain")
BINARY = ("Content-Type", "application/octet-stream")
LINES = ("Content-Type", "application/x-ndjson")
REFUSED = b'"status":429'


@pytest.fixture
def recording() -> Recording:
    return Recording()


class TestUntouched:
    @pytest.mark.parametrize("as_list", [True, False], ids=["list", "generator"])
    @pytest.mark.parametrize(
        "headers",
        [[JSON, length(12)], [JSON], [TEXT, ("X-Twice", "1"), ("x-twice", "2")], [BINARY], [LINES]],
        ids=["sized", "unsized", "duplicates", "binary", "stream"],
    )
    def test_what_the_application_says_is_what_the_server_gets(
        self, recording: Recording, headers: list[tuple[str, str]], as_list: bool
    ) -> None:
        app = answering("200 Fine", headers, b'{"a"', b"", b": 12345}"[:8], as_list=as_list)
        heard = talk(strictly(app, recording))
        assert heard.heads == [("200 Fine", headers)]
        assert heard.pieces == [b'{"a"', b"", b": 12345}"[:8]]
        [finished] = recording.finished
        assert finished.ending is Ending.ANSWERED
        assert finished.response is not None
        assert finished.response.body.size == 12

    def test_a_lists_length_is_still_to_be_asked_for(self, recording: Recording) -> None:
        heard = talk(WsgiCapture(answering("200 OK", [JSON], b"{}", as_list=True), recording))
        assert len(heard.given) == 1
        [judged] = recording.judged
        assert not judged.response.body.truncated

    def test_the_request_as_the_environ_has_it(self, recording: Recording) -> None:
        given = environ(
            "POST",
            "/gr\xc3\xbc\xc3\x9fe",
            b"{}",
            SCRIPT_NAME="/api",
            QUERY_STRING="a=%20",
            CONTENT_TYPE="application/json",
            HTTP_X_ONE="1,2",
        )
        talk(strictly(answering("204 No Content", []), recording), given)
        [finished] = recording.finished
        request = finished.request
        assert (request.method, request.path, request.query) == ("POST", "/api/grüße", "a=%20")
        assert (request.host, request.peer) == ("api.example", "198.51.100.7")
        assert request.headers.get(b"x-one") == "1,2"
        assert request.headers.get(b"content-type") == "application/json"
        assert (request.body.data, request.body.truncated) == (b"{}", False)

    def test_each_piece_of_a_stream_leaves_before_the_next_is_made(
        self, recording: Recording
    ) -> None:
        made: list[int] = []

        def app(given: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [LINES])
            for number in range(3):
                made.append(number)
                yield b"%d\n" % number

        pieces = iter(WsgiCapture(app, recording)(environ(), lambda *_: lambda _: None))
        for number in range(3):
            assert next(pieces) == b"%d\n" % number
            assert made[-1] == number

    def test_write(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            write = start_response("200 OK", [JSON, length(6)])
            write(b"[1,")
            write(b" ")
            return [b"2]"]

        heard = talk(strictly(app, recording))
        assert (heard.status, heard.body) == (200, b"[1, 2]")
        [judged] = recording.judged
        assert judged.response.body.data == b"[1, 2]"

    def test_close_is_called_once_and_its_error_goes_on(self, recording: Recording) -> None:
        closed: list[bool] = []

        class Answer:
            def __iter__(self) -> Iterator[bytes]:
                return iter([b"[", b"]"])

            def close(self) -> None:
                closed.append(True)
                raise ValueError("on closing")

        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [JSON])
            return Answer()

        heard = talk(WsgiCapture(app, recording))
        assert (heard.body, closed) == (b"[]", [True])
        assert str(heard.raised) == "on closing"
        assert len(recording.finished) == 1

    def test_a_wrapped_file_reaches_the_server_as_it_is(self, recording: Recording) -> None:
        file = BytesIO(b"x" * 100)

        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [BINARY, length(100)])
            result: Iterable[bytes] = given["wsgi.file_wrapper"](file)
            return result

        heard = talk(WsgiCapture(app, recording))
        assert isinstance(heard.given, FileWrapper)
        assert heard.body == b"x" * 100
        assert file.closed
        [finished] = recording.finished
        assert finished.ending is Ending.ANSWERED

    def test_a_wrapped_file_with_records_is_read_first(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [JSON, length(2)])
            result: Iterable[bytes] = given["wsgi.file_wrapper"](BytesIO(b"[]"))
            return result

        assert talk(strictly(app, recording)).body == b"[]"
        assert recording.judged[0].response.body.data == b"[]"

    def test_head_and_bodiless(self, recording: Recording) -> None:
        app = strictly(answering("200 OK", [JSON, length(90)]), recording)
        assert talk(app, environ("HEAD")).headers == [JSON, length(90)]
        assert talk(strictly(answering("304 Not Modified", []), recording)).status == 304
        assert len(recording.judged) == len(recording.finished) == 2

    def test_a_client_that_hangs_up(self, recording: Recording) -> None:
        app = answering("200 OK", [LINES], b"1\n", b"2\n", b"3\n")
        talk(strictly(app, recording), stop_after=1)
        assert [one.ending for one in recording.finished] == [Ending.CLIENT_GONE]


class TestErrors:
    def test_raised_at_once(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            raise ValueError("mine")

        heard = talk(strictly(app, recording))
        assert (heard.heads, str(heard.raised)) == ([], "mine")
        assert [one.ending for one in recording.finished] == [Ending.RAISED]

    @pytest.mark.parametrize("headers", [[JSON, length(9)], [JSON], [LINES]])
    def test_raised_midway(self, recording: Recording, headers: list[tuple[str, str]]) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", headers)
            yield b"[1"
            raise ValueError("midway")

        heard = talk(strictly(app, recording))
        assert (heard.status, heard.body, str(heard.raised)) == (200, b"[1", "midway")
        [finished] = recording.finished
        assert finished.ending is Ending.RAISED
        assert finished.response is not None
        assert finished.response.body.data == b"[1"

    def test_raised_before_the_first_byte_sends_no_head(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [JSON])
            if given:
                raise ValueError("too early")
            yield b""

        heard = talk(WsgiCapture(app, recording))
        assert (heard.heads, str(heard.raised)) == ([], "too early")

    def test_the_error_page_instead_of_an_answer_begun(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [JSON, length(2)])
            try:
                raise ValueError("then")
            except ValueError:
                start_response("500 Oops", [TEXT, length(4)], sys.exc_info())
            return [b"oops"]

        heard = talk(strictly(app, recording))
        assert heard.heads == [("500 Oops", [TEXT, length(4)])]
        assert heard.body == b"oops"
        assert [one.response.status for one in recording.judged] == [500]

    def test_an_error_after_the_head_has_left(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [LINES])
            yield b"1\n"
            try:
                raise ValueError("then")
            except ValueError:
                start_response("500 Oops", [TEXT], sys.exc_info())
            yield b"oops"

        heard = talk(strictly(app, recording))
        assert (heard.status, heard.body, str(heard.raised)) == (200, b"1\n", "then")

    def test_two_heads_are_the_applications_mistake(self, recording: Recording) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [JSON])
            start_response("200 OK", [JSON])
            return [b""]

        assert isinstance(talk(WsgiCapture(app, recording)).raised, AssertionError)

    @pytest.mark.parametrize("status", ["", "OK", None])
    def test_what_is_no_head_is_the_servers_to_judge(
        self, recording: Recording, status: Any
    ) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response(status, [JSON])
            return [b"[]"]

        heard = talk(WsgiCapture(app, recording))
        assert heard.heads == [(status, [JSON])]
        assert heard.pieces == [b"[]"]

    @pytest.mark.parametrize("fail", ["open", "closed"])
    def test_faults_of_ours(self, fail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NIGHTLATCH_RAISE", "0")

        def broken(*_: object) -> Decision:
            raise RuntimeError("ours")

        app = answering("200 OK", [JSON, length(2)], b"[]")
        for phase in ("at_request", "at_response", "at_finish"):
            recording = Recording()
            setattr(recording, phase, broken)
            heard = talk(strictly(app, recording, fail=fail))
            refuses = fail == "closed" and phase != "at_finish"
            assert heard.status == (503 if refuses else 200), phase
            assert refuses or heard.body == b"[]"
        assert len(FAULTS.counts()) == 3


class TestVerdicts:
    def test_refused_before_the_application_is_called(self) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            raise AssertionError("the application was called")

        recording = Recording(at_request=lambda _: WITHHOLD)
        heard = talk(strictly(app, recording))
        assert heard.heads[0][0] == "429 Too Many Requests"
        assert ("retry-after", "30") in heard.headers
        assert REFUSED in heard.body
        assert [one.ending for one in recording.finished] == [Ending.REFUSED]

    @pytest.mark.parametrize("headers", [[JSON, length(9)], [JSON], [LINES], [BINARY]])
    @pytest.mark.parametrize("as_list", [True, False], ids=["list", "generator"])
    def test_withheld(self, headers: list[tuple[str, str]], as_list: bool) -> None:
        recording = Recording(at_response=lambda _: FORBID)
        closed: list[bool] = []

        class Pieces(list[bytes]):
            def close(self) -> None:
                closed.append(True)

        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", headers)
            pieces = [b"[1, ", b"2, 3]"]
            return pieces if as_list else Pieces(pieces)

        heard = talk(WsgiCapture(app, recording))
        assert heard.heads[0][0] == "403 Forbidden"
        assert b"[1" not in heard.body
        assert closed == [True] * (not as_list)
        assert [one.ending for one in recording.finished] == [Ending.REFUSED]

    def test_observed_is_not_carried_out(self) -> None:
        recording = Recording(at_request=lambda _: WOULD_WITHHOLD, at_response=lambda _: allow())
        assert talk(strictly(answering("200 OK", [JSON], b"[]"), recording)).body == b"[]"

    def test_cut(self) -> None:
        recording = Recording(at_stream=lambda chunk: WITHHOLD if b"2" in chunk else allow())
        app = answering("200 OK", [LINES], b"1\n", b"2\n", b"3\n")
        heard = talk(strictly(app, recording))
        assert (heard.status, heard.body) == (200, b"1\n")
        assert isinstance(heard.raised, StreamCut)
        assert [one.ending for one in recording.finished] == [Ending.REFUSED]

    def test_cut_in_write(self) -> None:
        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            write = start_response("200 OK", [LINES])
            for piece in (b"1\n", b"2\n", b"3\n"):
                write(piece)
            return []

        recording = Recording(at_stream=lambda chunk: WITHHOLD if b"2" in chunk else allow())
        heard = talk(WsgiCapture(app, recording))
        assert heard.body == b"1\n"
        assert isinstance(heard.raised, StreamCut)

    @pytest.mark.parametrize("reading", ["read", "read(2)", "readline", "lines", "iterating"])
    def test_refused_for_the_body_it_would_have_read(self, reading: str) -> None:
        reached: list[bytes] = []
        recording = Recording(at_body=lambda _: FORBID)

        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            stream = given["wsgi.input"]
            if reading == "read":
                reached.append(stream.read())
            elif reading == "readline":
                reached.append(stream.readline())
            elif reading == "lines":
                reached.extend(stream.readlines())
            elif reading == "iterating":
                reached.extend(stream)
            else:
                while piece := stream.read(2):
                    reached.append(piece)
            start_response("200 OK", [JSON])
            return [b"[]"]

        heard = talk(WsgiCapture(app, recording), environ("POST", "/", b"1 or 1=1"))
        assert heard.status == 403
        assert len(b"".join(reached)) < len(b"1 or 1=1")
        assert recording.bodies == [b"1 or 1=1"]
        assert heard.raised is None

    def test_refused_for_its_body_by_an_application_that_excuses_itself(self) -> None:
        recording = Recording(at_body=lambda _: FORBID)

        def app(given: Environ, start_response: StartResponse) -> Iterator[bytes]:
            try:
                given["wsgi.input"].read()
            except OSError:
                start_response("400 Bad Request", [TEXT])
                yield b"unreadable"

        heard = talk(WsgiCapture(app, recording), environ("POST", "/", b"1 or 1=1"))
        assert heard.status == 403
        assert b"unreadable" not in heard.body

    def test_fields_are_taken_out(self) -> None:
        decision = Decision(Action.ALLOW, Mode.ENFORCE, "test", without=("phone",))
        recording = Recording(lambda _: decision, at_response=lambda _: decision)
        app = answering("200 OK", [JSON, ("X-Kept", "1")], b'{"phone": 1, ', b'"name": "Ada"}')
        heard = talk(strictly(app, recording))
        assert heard.body == b'{"name":"Ada"}'
        assert ("X-Kept", "1") in heard.headers
        assert ("content-length", str(len(heard.body))) in heard.headers

    def test_uniform_also_for_an_error(self, caplog: pytest.LogCaptureFixture) -> None:
        decision = Decision(Action.ALLOW, Mode.ENFORCE, "test", uniform=True)
        recording = Recording(lambda _: decision, at_response=lambda _: decision)

        def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
            raise ValueError("telling")

        good = talk(strictly(answering("200 OK", [JSON], b"[1]"), recording))
        bad = talk(strictly(app, recording))
        assert (good.status, good.body) == (bad.status, bad.body)
        assert bad.raised is None
        assert "telling" in caplog.text

    def test_slowed_down_and_told_what_is_left(self) -> None:
        decision = Decision(
            Action.ALLOW,
            Mode.ENFORCE,
            "test",
            delay=0.01,
        )
        recording = Recording(lambda _: decision, at_response=lambda _: decision)
        heard = talk(strictly(answering("200 OK", [JSON], b"[]"), recording))
        assert heard.body == b"[]"

    def test_challenge_and_pass(self) -> None:
        door = challenging()
        app = strictly(answering("200 OK", [JSON], b"[]"), door.inline)
        first = talk(app)
        assert first.status == 403
        challenge = _challenge(first)
        solution = solve(challenge)
        second = talk(app, environ(HTTP_NIGHTLATCH_SOLUTION=solution))
        assert (second.status, second.body) == (200, b"[]")
        earned = dict(second.headers)["nightlatch-pass"]
        assert talk(app, environ(HTTP_NIGHTLATCH_PASS=earned)).status == 200

    def test_our_own_paths(self) -> None:
        door = challenging()
        app = WsgiCapture[Flight](answering("200 OK", [JSON], b"[]"), door.inline)
        form = b"solution=nonsense"
        heard = talk(app, environ("POST", "/.nightlatch/pass", form))
        assert heard.status == 403
        assert _challenge(heard)
        assert talk(app, environ("GET", "/.nightlatch/nothing")).status == 404
        assert talk(app, environ("POST", "/.nightlatch/pass", b"x" * 40_000)).status == 403
        assert not door.inline.finished


def _challenge(heard: Talk) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(heard.body)["challenge"]
    return found
