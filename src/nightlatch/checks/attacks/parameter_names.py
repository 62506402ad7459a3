"""What a parameter's name says about what becomes of its value."""

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

_LAST = LazyPattern(r"[^.\[\]$]+(?=[\[\].]*$)")
_JOINTS = LazyPattern(r"[-_\s]")

_REDIRECTS = LazyPattern(
    r"(?:.*(?:redirect|redir|return(?:to|url|uri|path)?|callback)(?:ur[li]|to|path|page)?"
    r"|next(?:ur[li]|page|path)?|continue(?:ur[li]|to)?|go(?:to)?(?:ur[li])?|dest(?:ination)?(?:ur[li])?"
    r"|forward(?:ur[li]|to)?|back(?:ur[li]|to)?|(?:log(?:in|out)|success|error|fail(?:ure)?|cancel"
    r"|checkout|origin|target|service|exit|jump|after|from|out|r|ret|referr?er)(?:ur[li]|to|path)?"
    r"|relaystate|rurl|ru|u|to|url|uri|link|href|ref|view|site|page)"
)
_SURE_REDIRECTS = LazyPattern(
    r".*(?:redirect|redir|return|goto|continue|forward|callback|next|dest|logout|relaystate|rurl).*"
)
_FETCHED = LazyPattern(
    r".*(?:ur[li]|link|src|source|dest(?:ination)?|host|server|proxy|fetch|feed|file|path|image|img"
    r"|load|domain|target|endpoint|address|addr|template|import|upload|preview|request|api|pdf"
    r"|avatar|picture|remote|download|reference|href)"
    r"|to|out|view|show|open|u|dir|window|port|resource|location|navigation|validate|val|q|ip|ref"
    r"|page|site|document|data|xml|html"
)
_SURELY_FETCHED = LazyPattern(
    r"(?:image|img|avatar|picture|photo|icon|logo|feed|rss|proxy|webhook|hook|fetch|import|upload"
    r"|preview|remote|download|load|target|dest(?:ination)?|src|source|file|pdf|xml|upstream|wsdl"
    r"|crawl|scan|probe)"
    r"(?:ur[li]|src|link|address|addr|tofetch)?"
)
_SEEN_BY_ANALYTICS = frozenset(
    (
        *(
            "dl",
            "dr",
            "dp",
            "dt",
            "tl",
            "su",
            "lurl",
            "rurl",
            "purl",
            "curl",
            "referrer",
            "referer",
        ),
        *("docurl", "documenturl", "documentreferrer", "pageurl", "pagelocation", "pagereferrer"),
        *("pageuri", "baseurl", "currenturl", "sourceurl", "eventsourceurl", "initialreferrer"),
        *("topurl", "origin", "loc"),
    )
)
_MAY_BE_SEEN = frozenset(("url", "uri", "href", "ref", "page", "site", "domain", "location", "u"))


def key(name: str) -> str:
    """The last part of a parameter's name, lower-case, without joints: `$.user[returnTo]` is
    `returnto`."""
    match = _LAST.search(name[-100:])
    return _JOINTS.sub("", match[0]).lower() if match else ""


def redirects(name: str) -> bool:
    """May the value be where the browser is sent next?"""
    return _REDIRECTS.fullmatch(key(name)) is not None


def surely_redirects(name: str) -> bool:
    """Is that all the name can mean?"""
    return _SURE_REDIRECTS.fullmatch(key(name)) is not None


def is_fetched(name: str) -> bool:
    """Would a server fetch what the value names?"""
    return _FETCHED.fullmatch(key(name)) is not None


def is_surely_fetched(name: str) -> bool:
    """Would the server do so itself, and no browser go there?"""
    return _SURELY_FETCHED.fullmatch(key(name)) is not None


def is_page_seen(name: str) -> bool:
    """Is it where analytics scripts write the address of the page, a developer's own included?"""
    return key(name) in _SEEN_BY_ANALYTICS


def may_be_page(name: str) -> bool:
    """Do some of them write it there?"""
    return key(name) in _MAY_BE_SEEN
