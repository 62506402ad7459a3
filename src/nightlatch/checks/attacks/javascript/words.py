"""Names of JavaScript and of the browser that attacks use."""

PROOFS = frozenset({"alert", "confirm", "prompt"})
"""Called to show that a script runs: what nearly every attempt begins with."""

EVALUATORS = frozenset(
    {
        "eval",
        "Function",
        "setTimeout",
        "setInterval",
        "setImmediate",
        "execScript",
        "constructor",
        "$eval",
    }
)
"""Run a string as code."""

GLOBALS = frozenset(
    {
        "window",
        "self",
        "top",
        "parent",
        "this",
        "frames",
        "globalThis",
        "opener",
        "content",
        "view",
        "defaultView",
    }
)

SECRET = frozenset({"cookie", "domain"})
"""Of the document, what attempts read."""

_SHOWN = """
document location origin name window self this top parent domain navigator localStorage
sessionStorage
"""
SHOWN = frozenset(_SHOWN.split())
"""What a proof shows of the page where it runs."""

_HIGHER_ORDER = """
map some every find findIndex findLast forEach filter reduce reduceRight sort flatMap replace
replaceAll apply call bind from then setTimeout setInterval requestAnimationFrame
addEventListener queueMicrotask
"""
HIGHER_ORDER = frozenset(_HIGHER_ORDER.split())
"""Call the function that they are given."""

DISTANT = frozenset(
    {"name", "location", "hash", "search", "atob", "unescape", "URL", "referrer", "String",
     "fromCharCode", "decodeURIComponent", "decodeURI", "src", "id", "innerHTML", "responseText"}
)  # fmt: skip
"""Where the code that is evaluated comes from, when it is not in the text itself."""

_KEYWORDS = """
new throw typeof void var let const return in of delete function if else do while for async
await import export from class extends case default try catch finally instanceof yield with
static get set switch break continue
"""
KEYWORDS = frozenset(_KEYWORDS.split())
"""May stand beside another word; two other words side by side are a sentence."""
