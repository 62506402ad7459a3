import pytest

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.json_lines import JsonLines, MappingFault, read_mapping
from nightlatch.capture.logs.values import Fault, Unread


def test_a_mapping_names_members_of_any_depth() -> None:
    mapping = read_mapping("status=res.code, path = req.url|req.path, began=when, method=req.verb,"
                           "request-header:x-key=req.h.key, cookie:sid=req.sid")  # fmt: skip
    reader = JsonLines(mapping)
    line = reader.read(
        '{"when":1795029508123,"req":{"url":"/a?b=1","verb":"PUT","h":{"key":"k"},"sid":"s"},'
        '"res":{"code":201}}'
    )
    seen = Assembler("api").observed(line)
    assert seen.at == pytest.approx(1795029508.123)
    assert (seen.request.method, seen.request.path, seen.request.query) == ("PUT", "/a", "b=1")
    assert seen.request.headers.get(b"x-key") == "k"
    assert seen.request.headers.get(b"cookie") == "sid=s"


@pytest.mark.parametrize(
    ("text", "words"),
    [("status", "write MEANING=MEMBER"), ("code=x", 'no "code"'), ("status=", "write MEANING")],
)
def test_a_mapping_that_says_nothing_says_so(text: str, words: str) -> None:
    with pytest.raises(MappingFault, match=words):
        read_mapping(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", Fault.JSON),
        ("[]", Fault.JSON),
        ('"x"', Fault.JSON),
        ('{"a":1}', Fault.SHAPE),
        ('{"method":"GET","path":"/"}', Fault.TIME),
        ('{"method":"GET","path":"/","time":"x"}', Fault.TIME),
        ('{"method":"GET","path":"/","time":1,"status":"ok"}', Fault.STATUS),
        ('{"method":"G T","path":"/","time":1,"status":200}', Fault.NOT_HTTP),
        ('{"method":"GET","time":1,"status":200}', Fault.NO_REQUEST),
        ('{"method":"GET","path":{"a":1},"time":1,"status":200}', Fault.NO_REQUEST),
    ],
)
def test_objects_that_are_no_exchange(text: str, fault: Fault) -> None:
    with pytest.raises(Unread) as refused:
        Assembler("api").observed(JsonLines().read(text))
    assert refused.value.fault is fault


def test_loggers_that_know_no_whole_numbers_are_understood() -> None:
    line = JsonLines().read('{"method":"GET","path":"/","time":1.5,"status":404.0,"bytes":1e3}')
    seen = Assembler("api").observed(line)
    assert seen.response is not None
    assert (seen.at, seen.response.status, seen.response.body.size) == (1.5, 404, 1000)


def test_a_method_in_lower_case_is_the_method() -> None:
    line = JsonLines().read('{"http.request.method":"get","url.path":"/","@timestamp":1}')
    assert Assembler("api").observed(line).request.method == "GET"


def test_headers_in_an_object_of_their_own() -> None:
    line = JsonLines().read(
        '{"method":"GET","url":"https://h.example/","time":1,"status":200,"headers":{"Accept":'
        '["a","b"],"X-Number":5,"X-Deep":{"no":1}},"response":{"headers":{"Server":"x"}}}'
    )
    seen = Assembler("api").observed(line)
    assert seen.request.headers.get(b"accept") == "a, b"
    assert seen.request.headers.get(b"x-number") == "5"
    assert b"x-deep" not in seen.request.headers
    assert seen.response is not None
    assert seen.response.headers.get(b"server") == "x"


def test_a_time_that_is_not_there_is_that_of_arrival() -> None:
    line = JsonLines().read('{"method":"GET","path":"/","status":200,"duration":"250ms"}')
    seen = Assembler("api").observed(line, arrived=100.0)
    assert (seen.at, seen.duration) == (99.75, 0.25)
