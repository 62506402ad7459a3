"""What flows say, for the page: their words were made for both front ends, and know the command
line's options."""

import re

_OPTION = re.compile(r"--(?=[a-z])")
_ASIDE = re.compile(r" ?\([^()]*--[a-z][^()]*\)")
_PHRASES = (
    ("--show prints what is sent", "the log shows what was sent"),
    ("that --show prints", "that the client has here"),
    ("add --yes-this-is-mine", "name it once more:"),
)


def told(text: object) -> str:
    """A fault, a note or a remark, as the beginning of a sentence, without options."""
    words = str(text)
    for option, phrase in _PHRASES:
        words = words.replace(option, phrase)
    words = _OPTION.sub("", _ASIDE.sub("", words))
    return words[:1].upper() + words[1:]


def sentence(fault: Exception) -> str:
    """What a fault says, for a line of its own."""
    return f"{told(fault)}."
