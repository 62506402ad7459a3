import pytest
from tests.capture.logs.samples import SAMPLES, Sample

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.custom import chosen_format
from nightlatch.capture.logs.detection import detect
from nightlatch.capture.logs.escapes import as_bytes
from nightlatch.capture.logs.help import help_page
from nightlatch.capture.logs.log_format import LogFormat, obey
from nightlatch.capture.logs.registry import FORMATS, format_by_id
from nightlatch.capture.logs.values import Unread
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind


def read(sample: Sample) -> Observed:
    reader = chosen_format(sample.format).open()
    for line in sample.lines[:-1]:
        obey(reader, line)
    return Assembler("api").observed(reader.read(as_bytes(sample.lines[-1])), name="id")


def said(seen: Observed, what: str) -> object:
    kind, colon, name = what.partition(":")
    if colon:
        answer = seen.response.headers if kind == "answer" and seen.response else None
        headers = answer if answer is not None else seen.request.headers
        return headers.get_all(name.encode()) if kind == "headers" else headers.get(name.encode())
    values: dict[str, object] = {
        "at": round(seen.at, 6),
        "duration": seen.duration,
        "client": seen.request.peer,
        "user": seen.principal,
        "version": seen.request.http_version,
        "status": seen.response.status if seen.response else None,
        "size": seen.response.body.size if seen.response else None,
        "ending": seen.ending.value,
        "route": seen.route,
        "service": seen.service,
        "unseen": {part.value for part in seen.source.unseen},
    }
    return values[what] if what in values else getattr(seen.request, what)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.format)
def test_lines_are_understood(sample: Sample) -> None:
    if "fault" in sample.says:
        with pytest.raises(Unread) as unread:
            read(sample)
        assert unread.value.fault is sample.says["fault"]
        return
    seen = read(sample)
    more = sample.says.get("unseen+", set())
    assert isinstance(more, set)
    assert more <= {part.value for part in seen.source.unseen}
    wanted = {what: value for what, value in sample.says.items() if what != "unseen+"}
    assert {what: said(seen, what) for what in wanted} == wanted
    assert (seen.id, seen.source.kind) == ("id", SourceKind.LOG)


def test_every_format_has_its_samples() -> None:
    shown = {sample.format.partition("{")[0] for sample in SAMPLES}
    assert shown == {each.id for each in FORMATS}
    assert len(FORMATS) >= 26
    assert len(SAMPLES) >= 43


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.id)
def test_formats_are_told_from_their_lines(each: LogFormat) -> None:
    lines = [as_bytes(line) for one in SAMPLES if one.format == each.id for line in one.lines]
    guess = detect(lines)
    assert guess is not None
    assert guess.format is each


def test_examples_are_lines_of_their_format() -> None:
    read_examples = 0
    for each in FORMATS:
        guess = detect(each.examples, [each])
        assert guess is not None, each.id
        assert guess.share == 1.0
        assert each.id in help_page(each, "the host")
        read_examples += 1
    assert read_examples == len(FORMATS)


def test_what_combined_cannot_show_is_exact() -> None:
    combined = format_by_id("nginx-combined")
    assert combined is not None
    assert combined.unseen == {
        Part.SCHEME, Part.HOST, Part.REQUEST_HEADERS, Part.REQUEST_BODY, Part.RESPONSE_HEADERS,
        Part.RESPONSE_BODY, Part.CREDENTIALS, Part.DURATION,
    }  # fmt: skip
    absolute = next(one for one in SAMPLES if "other.example" in one.lines[0])
    assert read(absolute).source.unseen == combined.unseen - {Part.SCHEME, Part.HOST}


@pytest.mark.parametrize("captured", ["haproxy{Host|User-Agent}{Vary}", "haproxy-https{}{Vary}"])
def test_what_is_captured_is_seen(captured: str) -> None:
    known, named = chosen_format(captured.partition("{")[0]), chosen_format(captured)
    guess = detect(named.examples, [named])
    assert guess is not None
    assert guess.share == 1.0
    seen = named.open().read(named.examples[0]).values
    assert seen["response-header:vary"] == "Vary"
    assert (Part.HOST in known.unseen, Part.HOST in named.unseen) == (
        True, "Host" not in captured,
    )  # fmt: skip


def test_nothing_is_no_format() -> None:
    assert detect([]) is None
    assert detect(["", "  "]) is None
    assert detect(["hello", "world", '{"a": 1}']) is None


def test_a_table_with_a_number_in_its_place_is_no_log() -> None:
    assert detect(["host,-,-,-,-,-,-,200,0,-"]) is None
    assert detect(["192.0.2.1,a,b,2026-11-18,GET,/x,HTTP/1.1,200,512,c"]) is None


def test_a_log_full_of_scanners_is_still_told() -> None:
    bad = r'203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "\x16\x03\x01" 400 150 "-" "-"'
    none = '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "-" 408 0 "-" "-"'
    guess = detect([bad, none, bad, none])
    assert guess is not None
    assert guess.format.id == "nginx-combined"
