"""Microsoft IIS, and whoever else writes W3C extended logs.
https://learn.microsoft.com/windows/win32/http/w3c-logging"""

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.delimited import Delimited
from nightlatch.capture.logs.log_format import LogFormat


class IisLines(Delimited):
    """IIS writes milliseconds where the standard has seconds, and plus signs for spaces."""

    def __init__(self) -> None:
        super().__init__(
            renamed={"time-taken": v.MILLISECONDS},
            undo=lambda text: text.replace("+", " "),
            requires=frozenset(("sc-win32-status", "s-sitename", "s-computername", "s-ip")),
        )


IIS = LogFormat(
    "iis",
    "Microsoft IIS, http.sys",
    "W3C extended logs of IIS; the columns are those that the `#Fields` line names.",
    (
        "#Software: Microsoft Internet Information Services 10.0",
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
        "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
        "2026-11-18 19:18:28 10.0.0.4 GET /v1/users q=1 443 - 203.0.113.7 "
        "Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 46",
    ),
    IisLines,
    setup="Logging > Select Fields: all of them, and cs-host above all.",
)
W3C = LogFormat(
    "w3c",
    "proxies and servers with W3C extended logs",
    "Columns between spaces, named by the `#Fields` line; times are UTC, durations seconds.",
    (
        "#Version: 1.0",
        "#Fields: date time c-ip cs-method cs-uri sc-status sc-bytes time-taken cs(User-Agent)",
        "2026-11-18 19:18:28 203.0.113.7 GET /v1/users?q=1 200 512 0.046 curl/8.5.0",
    ),
    lambda: Delimited(undo=lambda text: text.replace("+", " ")),
)
