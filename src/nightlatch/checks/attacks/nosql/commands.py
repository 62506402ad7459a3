"""Commands of line-based stores (Redis, Memcached) that a value smuggles in with line ends."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

_PROTOCOL = LazyPattern(r"\*\d{1,3}\r?\n\$\d{1,7}\r?\n[^\r\n]{1,40}\r?\n")
"""An array of bulk strings (RESP, redis.io/docs/reference/protocol-spec)."""
_COMMAND = LazyPattern(
    r"""[\r\n]++[ \t]*+(?:
        (?:config\s++set|slaveof|replicaof|module\s++load|script\s++load|debug\s++segfault)\s++\S
      | (?:flushall|flushdb|flush_all|bgsave|bgrewriteaof|shutdown\s++nosave)\b
      | (?:eval|evalsha)\s++(?:["'].*?["']|\S++)\s++\d
      | (?:set|add|replace|append|prepend|cas)\s++\S{1,250}+\s++\d++\s++\d++\s++\d++[ \t]*+[\r\n]
      | (?:set|getset|lpush|rpush|sadd|hset)\s++\S{1,250}+\s++[^\r\n]{1,250}+[\r\n]++
        (?:set|save|quit|config|bgsave|expire|slaveof|get|exec)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_LONG = 600


def commands_in(text: str) -> int:
    """Certainty that the lines are commands."""
    if _PROTOCOL.search(text):
        return 90
    # Notes about a store quote its commands; a smuggled command comes with little around it.
    if "\r" not in text or len(text) >= _LONG:
        return 0
    return 75 if _COMMAND.search(text) else 0
