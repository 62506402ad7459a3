"""Help and evidence as HTML: the few marks of Markdown that checks are written with.

Paragraphs, fenced code, and code spans by the rules of CommonMark (0.31, section 6.1). Everything
else is text: evidence repeats what strangers sent.
"""

import re

from markupsafe import Markup, escape

_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def inline(text: str) -> Markup:
    """One line of words, with its code spans."""
    parts: list[Markup] = []
    at = 0
    for span in _SPAN.finditer(text):
        parts += escape(text[at : span.start()]), Markup("<code>{}</code>").format(_bare(span[2]))
        at = span.end()
    return Markup().join([*parts, escape(text[at:])])


def prose(text: str) -> Markup:
    """Paragraphs and blocks of code."""
    parts = _FENCED.split(text)  # In turn: words, code, words …
    return Markup("\n").join(
        Markup('<pre class="code" tabindex="0"><code>{}</code></pre>').format(part)
        if number % 2
        else _paragraphs(part)
        for number, part in enumerate(parts)
    )


def _paragraphs(text: str) -> Markup:
    paragraphs = (part.strip() for part in text.split("\n\n"))
    return Markup("\n").join(
        Markup("<p>{}</p>").format(inline(part)) for part in paragraphs if part
    )


def _bare(code: str) -> str:
    """A span's content without the blanks that keep its own back quotes from the fence."""
    if code[0] == code[-1] == " " and code.strip():
        return code[1:-1]
    return code
