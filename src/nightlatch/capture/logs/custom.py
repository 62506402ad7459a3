"""Format strings that people give: in the language of the software that writes the log."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from nightlatch.capture.logs.apache_language import apache_pattern
from nightlatch.capture.logs.envoy_language import envoy_pattern
from nightlatch.capture.logs.formats.haproxy import CAPTURED, CAPTURING
from nightlatch.capture.logs.haproxy_language import Named, haproxy_reader
from nightlatch.capture.logs.log_format import LineReader, LogFormat, pattern_format
from nightlatch.capture.logs.nginx_language import nginx_pattern
from nightlatch.capture.logs.pattern import FormatFault
from nightlatch.capture.logs.registry import FORMATS, format_by_id

MAX_FORMAT = 10_000
"""Characters of a format string."""

LANGUAGES: dict[str, Callable[[str], LineReader]] = {
    "nginx": nginx_pattern,
    "apache": apache_pattern,
    "haproxy": haproxy_reader,
    "envoy": envoy_pattern,
}
_SIGNS = (
    ("nginx", re.compile(r"\$\{?[a-z]")),
    ("envoy", re.compile(r"%[A-Z_]{4,}(?:\([^)]*\))?(?::\d+)?%")),
    ("haproxy", re.compile(r"%(?:ci|ST|TR|Ta|HM|HU|tr|\[)|^\s*log-format")),
    ("apache", re.compile(r"%[<>!0-9,]*(?:\{[^}]*\})?[a-zA-Z]")),
)


_BRACED = re.compile(r"(?:\{[^}]*\} )*\"")
_CAPTURES = re.compile(r"([a-z-]{1,20})((?:\{[^{}]{0,1000}\}){1,2})")


def chosen_format(text: str) -> LogFormat:
    """A format by its id, one of HAProxy's with the names of captured headers behind it, or a
    format string, with or without `LANGUAGE:` before it. Raises FormatFault."""
    known = format_by_id(text.strip())
    if known is not None:
        return known
    capturing = _CAPTURES.fullmatch(text.strip())
    if capturing is not None and capturing[1] in CAPTURING:
        return _capturing(capturing[1], capturing[2])
    language, _, rest = text.partition(":")
    if language.strip().lower() in LANGUAGES:
        return _compiled(language.strip().lower(), rest.strip())
    for language, sign in _SIGNS:
        if sign.search(text):
            return _compiled(language, text)
    raise FormatFault(
        f'"{text[:80]}" is no format ({", ".join(each.id for each in FORMATS)}) and no format '
        f"string of {', '.join(LANGUAGES)}"
    )


def _capturing(name: str, names: str) -> LogFormat:
    """`haproxy{Host|User-Agent}{Content-Type}`: what the lines have in braces, by name."""
    known, written = CAPTURING[name]
    braces = names.replace("}{", "} {") + " "
    reader = haproxy_reader(written.replace(CAPTURED, braces))
    if not isinstance(reader, Named):
        raise FormatFault(f"{names}: write names of headers, with | between them")
    # As a line of these would look, with the names as values.
    example = _BRACED.sub(lambda _: braces.replace("{} ", "") + '"', known.examples[0], 1)
    return replace(known, open=lambda: reader, examples=(example,))


def _compiled(language: str, text: str) -> LogFormat:
    if len(text) > MAX_FORMAT:
        raise FormatFault(f"a format string has at most {MAX_FORMAT:,} characters")
    try:
        reader = LANGUAGES[language](text)
    except (FormatFault, re.error) as fault:
        raise FormatFault(f"this {language} format cannot be read back: {fault}") from fault
    what = f"A format string of {language}."
    return pattern_format("custom", language, what, reader)
