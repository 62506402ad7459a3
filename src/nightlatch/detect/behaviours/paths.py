"""A path as evidence may show it: detections are stored and sent."""

_LONGEST = 80
_LONGEST_SEGMENT = 40
_MOST_DIGITS = 4


def shown(path: str) -> str:
    """The path without what could name a person or open something: segments with many digits, an
    `@`, or the length of a token."""
    return "/".join(map(_segment, path.split("/")))[:_LONGEST]


def _segment(text: str) -> str:
    digits = sum(map(str.isdigit, text))
    telling = digits > _MOST_DIGITS or "@" in text or len(text) > _LONGEST_SEGMENT
    return "•••" if telling else text
