import pytest

from nightlatch.exchange.unparsed import redact_unparsed


def redact(text: str) -> str:
    return redact_unparsed(text, lambda name: name.lower() in ("secret", "cookie"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("", ""),
        ("a=1&secret=x&b=2", "a=1&secret=•••&b=2"),
        ("secret = x y", "secret = •••"),
        ("secret: x y\nb: 2", "secret: •••\nb: 2"),
        ("secret:", "secret:"),
        ("secret=", "secret="),
        ("secret => x", "secret => •••"),
        ("Secret := 'x y', b", "Secret := •••, b"),
        ('"secret": "a\\"b", "c": 1', '"secret": •••, "c": 1'),
        ('"secret": "abc', '"secret": •••'),
        ('"secret": "a"b" c', '"secret": •••'),
        ('\\"secret\\": \\"a\\", b', '\\"secret\\": •••'),
        ("[secret]=x&b", "[secret]=•••&b"),
        ("secret: {a: b}\nc", "secret: •••"),
        ("secrets=x", "secrets=x"),
        ("xsecret=x", "xsecret=x"),
        ("url=https://a/?secret=x", "url=https://a/?secret=•••"),
        ('{"\\u0073ecret": "x"}', '{"secret": •••}'),
        ('<a secret="x y" b="2">', '<a secret=••• b="2">'),
        ("<n:secret>x</n:secret>y", "<n:secret>•••</n:secret>y"),
        ("<secret><a>x</a></secret><b/>", "<secret>•••</secret><b/>"),
        ("<secret/>x", "<secret/>x"),
        ("<secret>x", "<secret>•••"),
    ],
)
def test_values_behind_a_secrets_name(text: str, redacted: str) -> None:
    assert redact(text) == redacted
