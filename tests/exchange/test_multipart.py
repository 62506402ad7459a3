import pytest

from nightlatch.exchange.multipart import MAX_FIELD, MAX_FIELDS, read_parts


def part(disposition: str, content: str, *headers: str) -> str:
    lines = [f"Content-Disposition: form-data; {disposition}", *headers]
    return "--b\r\n" + "".join(f"{line}\r\n" for line in lines) + f"\r\n{content}\r\n"


def body(*parts: str) -> bytes:
    return ("".join(parts) + "--b--\r\n").encode()


def test_text_fields_and_file_names() -> None:
    parts = read_parts(
        body(
            part('name="phone"', "+15551234567"),
            part('name="avatar"; filename="me.png"', "\x89PNG", "Content-Type: image/png"),
            part('name="note"', "two\r\nlines"),
        ),
        "b",
        "utf-8",
    )
    assert parts.fields == (
        ("phone", "+15551234567"),
        ("avatar.filename", "me.png"),
        ("note", "two\r\nlines"),
    )
    assert parts.complete
    assert not parts.fault


def test_long_fields_are_cut_and_it_is_told() -> None:
    parts = read_parts(body(part('name="a"', "x" * (MAX_FIELD + 1))), "b", "utf-8")
    assert parts.fields == (("a", "x" * MAX_FIELD),)
    assert not parts.complete


def test_number_of_fields_is_bounded() -> None:
    parts = read_parts(body(*[part('name="a"', "1")] * (MAX_FIELDS + 1)), "b", "utf-8")
    assert len(parts.fields) == MAX_FIELDS
    assert not parts.complete


def test_a_cut_body_keeps_its_whole_fields() -> None:
    data = body(part('name="a"', "1"), part('name="b"', "2"))
    parts = read_parts(data[: data.rindex(b"2")], "b", "utf-8")
    assert parts.fields == (("a", "1"),)
    assert not parts.complete


def test_charset() -> None:
    data = body(part('name="name"', "Müller")).decode().encode("latin-1")
    assert read_parts(data, "b", "iso8859-1").fields == (("name", "Müller"),)
    assert read_parts(data, "b", "utf-8").fields == (("name", "M\ufffdller"),)


def test_a_malformed_body_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    read_parts(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--bx', "b", "utf-8")
    read_parts(b"--b--\r\nepilogue", "b", "utf-8")
    assert caplog.records == []


def test_a_part_without_a_name() -> None:
    assert read_parts(b"--b\r\nX-A: 1\r\n\r\nv\r\n--b--", "b", "utf-8").fields == (("", "v"),)


@pytest.mark.parametrize(
    ("data", "boundary"),
    [
        (b"--b\r\n", ""),
        (b"nonsense", "b"),
        (b"--b\r\n\x00\x01: x\r\n\r\n", "b"),
        (b"--b\r\n", "b" * 5_000),
        (b"--b\r\n" + b"A: " + b"x" * 10_000, "b"),
    ],
)
def test_what_is_not_multipart_is_a_fault(data: bytes, boundary: str) -> None:
    parts = read_parts(data, boundary, "utf-8")
    assert parts.fault
    assert not parts.complete
