"""A request's values, wherever they hide."""

from msgspec.structs import replace
from tests.checks.attacks.requests import a_request, read

from nightlatch.checks.attacks.take_apart import MAX_NODES, take_apart
from nightlatch.checks.attacks.value import Place, Value
from nightlatch.exchange.headers import Headers


def values(*given: object, **more: object) -> list[Value]:
    request, query, content = read(a_request(*given, **more))  # type: ignore[arg-type]
    return list(take_apart(request, query, content))


def texts(found: list[Value], place: Place) -> dict[str, str]:
    return {value.name: value.text for value in found if value.place is place and not value.is_name}


def names(found: list[Value]) -> set[str]:
    return {value.text for value in found if value.is_name}


def test_path_query_headers_and_cookies() -> None:
    found = values(
        "GET",
        "/users/ada%20l?q=a+b&page=2",
        headers=[("User-Agent", "curl"), ("Cookie", 'sid=1; theme="dark"; empty=')],
    )
    assert texts(found, Place.PATH) == {"": "/users/ada l"}
    assert texts(found, Place.QUERY) == {"q": "a b", "page": "2"}
    assert texts(found, Place.HEADER) == {"user-agent": "curl"}
    assert texts(found, Place.COOKIE) == {"sid": "1", "theme": "dark"}


def test_the_parameters_of_the_page_before_are_values() -> None:
    page = "https://shop.example/find?q=%3Cb%3E&page=2&empty=#top?no=1"
    found = texts(values("GET", "/", headers=[("Referer", page)]), Place.HEADER)
    assert found == {"referer": page, "referer.q": "<b>", "referer.page": "2"}


def test_a_cookie_may_be_utf8() -> None:
    request = a_request("GET", "/")
    headers = Headers([(b"cookie", "name=Zoë; q=\uff1cb\uff1e".encode())])
    found = list(take_apart(*read(replace(request, headers=headers))))
    assert texts(found, Place.COOKIE) == {"name": "Zoë", "q": "\uff1cb\uff1e"}


def test_header_fields_known_as_clean_are_passed_over() -> None:
    request, query, content = read(a_request("GET", "/", headers=[("User-Agent", "curl")]))
    assert len(take_apart(request, query, content)) == 2
    assert len(take_apart(request, query, content, {(b"user-agent", b"curl")})) == 1


def test_json_keys_that_no_programmer_writes_are_values_too() -> None:
    found = values("POST", "/", {"user": {"$ne": "x", "name": "y"}, "__proto__": {"a": "b"}})
    assert texts(found, Place.JSON)["$.user.name"] == "y"
    assert names(found) == {"$.user.$ne", "$.__proto__.a"}


def test_names_that_lead_to_a_class_at_any_depth() -> None:
    nested = values("POST", "/", {"class": {"module": {"classLoader": "x"}}})
    assert names(nested) == {"$.class.module.classLoader"}
    assert names(values("POST", "/", {"class.module": "x"})) == {"$.class.module"}
    assert names(values("POST", "/", {"className": "x"})) == set()


def test_bracketed_names() -> None:
    found = values("GET", "/?user[$ne]=1&filter[name]=x&expand[]=y")
    assert names(found) == {"user[$ne]"}


def test_bytes_that_are_no_utf8_are_read_as_laxly_as_can_be() -> None:
    found = values("GET", "/?f=..%c0%af..%c0%afetc")
    assert "f=../../etc" in {value.text for value in found}


def test_forms_and_what_is_labelled_as_one() -> None:
    assert texts(values("POST", "/", b"a=%3Cb%3E", "form"), Place.FORM) == {"a": "<b>"}
    assert texts(values("POST", "/", b"<?xml version='1.0'?><a/>", "form"), Place.BODY)


def test_multipart_fields_file_names_and_files() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--b\r\nContent-Disposition: form-data; name="pic"; filename="a.php.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\nGIF89a<?php evil\r\n--b--\r\n"
    )
    found = values("POST", "/", body, "multipart/form-data; boundary=b")
    assert texts(found, Place.MULTIPART) == {"note": "hello"}
    assert texts(found, Place.FILE_NAME) == {"pic.filename": "a.php.jpg"}
    assert texts(found, Place.FILE) == {"pic": "GIF89a<?php evil"}


def test_broken_multipart_is_read_whole() -> None:
    body = b'--b\nContent-disposition: form-data; name="/../etc/passwd"\n\nTest\n--b--\n'
    found = values("POST", "/", body, "multipart/form-data; boundary=b")
    assert "/../etc/passwd" in texts(found, Place.BODY)[""]
    assert "/../etc/passwd" in names(found)


def test_markup_gives_its_texts_and_attributes() -> None:
    found = values("POST", "/", b'<a b="cd"><e>fg</e><![CDATA[hi]]></a>', "text/xml")
    assert {value.text for value in found if value.place is Place.XML} == {"cd", "fg", "hi"}


def test_markup_is_bounded() -> None:
    found = values("POST", "/", b"<a>" + b"<b>xy</b>" * (MAX_NODES + 50) + b"</a>", "text/xml")
    assert sum(value.place is Place.XML for value in found) == MAX_NODES


def test_bodies_of_no_structure_and_of_other_character_sets() -> None:
    assert texts(values("POST", "/", b"hello", "text/plain"), Place.BODY) == {"": "hello"}
    wide = "<!DOCTYPE x>".encode("utf-16")
    assert "<!DOCTYPE x>" in texts(values("POST", "/", wide, "text/xml"), Place.BODY)[""]


def test_json_that_is_cut_by_its_depth_is_read_whole() -> None:
    body = b'{"a":' * 50 + b'"deep"' + b"}" * 50
    found = values("POST", "/", body, "application/json")
    assert "deep" in texts(found, Place.BODY)[""]


def test_of_binary_files_and_bodies_the_texts_are_read() -> None:
    image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4 + b"<?php system('id'); ?>\0\1"
    body = (
        b'--b\r\nContent-Disposition: form-data; name="pic"; filename="a.png"\r\n\r\n'
        + image
        + b"\r\n--b--\r\n"
    )
    uploaded = texts(values("POST", "/", body, "multipart/form-data; boundary=b"), Place.FILE)
    raw = texts(values("POST", "/", image, "application/octet-stream"), Place.BODY)
    for text in (uploaded["pic"], raw[""]):
        assert text.startswith("\x89PNG")
        assert "<?php system('id'); ?>" in text
        assert "\0\1" not in text[16:]
