"""File names that make a server run the file, or that hide what it is."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.value import Clue

_RUN = (
    r"ph(?:p[2-8]?|tml?|ar|t|ps)|pgif|aspx?|ashx|asmx|asa|ascx|svc|soap|jspx?|jspf|jsw|jsv|jhtml"
    r"|shtml?|stm|cfml?|cfc|war|cshtml|vbhtml"
)
_HARMLESS = (
    r"jpe?g|png|gif|webp|bmp|ico|svg|tiff?|pdf|docx?|xlsx?|pptx?|mp[34]|zip|rar|gz|csv|heic|avif"
)
_RUNNING = LazyPattern(rf"\.(?P<ending>{_RUN})\Z", re.IGNORECASE)
_DOUBLE = LazyPattern(rf"\.(?:{_RUN})[.;%#_,\s]{{1,3}}+(?:x+\.)?(?:{_HARMLESS})\Z", re.IGNORECASE)
_AFTER_HARMLESS = LazyPattern(rf"\.(?:{_HARMLESS})\.(?:{_RUN})\Z", re.IGNORECASE)
_HIDDEN_END = LazyPattern(
    rf"\.(?:{_RUN})(?:[.\s]++|/++\.?|::\$\w+.*|[\x00-\x1f].*|%(?:00|20|0a|0d|25).*|\\u0000.*|:\.\w+|\.\\)\Z",
    re.IGNORECASE | re.DOTALL,
)
_CONFIGURATION = LazyPattern(
    r"(?:\A|[/\\])(?:\.htaccess|\.htpasswd|web\.config|\.user\.ini|php\.ini)[.\s\x00]*\Z",
    re.IGNORECASE,
)
_PROGRAM = LazyPattern(
    rf"\.(?:{_HARMLESS}|txt)\s*\.(?:exe|scr|bat|cmd|com|vbs|ps1|lnk|hta|jar|js)\Z", re.IGNORECASE
)
_CLIMBING = LazyPattern(
    r"(?:\A|[/\\])\.\.[/\\]|\A/(?:var|etc|usr|srv|opt|home|tmp|root)/|\A\w:\\(?:inetpub|windows|xampp)",
    re.IGNORECASE,
)
_TURNED = LazyPattern("[\u202a-\u202e\u2066-\u2069].*\\.", re.DOTALL)
_MAX_NAME = 1024


def read_name(name: str) -> Clue | None:
    """What a file name gives away; None for an ordinary one."""
    name = name.strip()[-_MAX_NAME:]
    for pattern, certainty, why in _SIGNS:
        if pattern.search(name):
            return Clue(certainty, why, name)
    running = _RUNNING.search(name)
    if running is None:
        return None
    ending = running["ending"]
    mixed = not ending.islower() and not ending.isupper()
    return Clue(85 if mixed else 70, "is the name of a program that web servers run", name)


_SIGNS = (
    (_CLIMBING, 85, "leads a stored file into another directory"),
    (_TURNED, 85, "turns its letters round, so that another ending is shown"),
    (_HIDDEN_END, 92, "hides the ending of a program that web servers run"),
    (_DOUBLE, 85, "is a program for some web servers, and a harmless file for a filter"),
    (_AFTER_HARMLESS, 85, "is a program with the ending of a harmless file before its own"),
    (_CONFIGURATION, 80, "changes how the web server treats the files beside it"),
    (_PROGRAM, 75, "is a program with the ending of a document before its own"),
)
