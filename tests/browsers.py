"""What real clients send, field by field and in their order."""

Pairs = list[tuple[str, str]]

CHROME_UA = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX_UA = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI_UA = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15"
)
GOOGLEBOT_UA = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CHROME: Pairs = [
    ("host", "api.example"),
    ("connection", "keep-alive"),
    ("sec-ch-ua-platform", '"Windows"'),
    ("user-agent", CHROME_UA),
    ("sec-ch-ua", '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("accept", "*/*"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
    ("referer", "https://api.example/"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9"),
]
FIREFOX: Pairs = [
    ("host", "api.example"),
    ("user-agent", FIREFOX_UA),
    ("accept", "application/json"),
    ("accept-language", "en-GB,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("connection", "keep-alive"),
    ("sec-fetch-dest", "empty"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-site", "same-origin"),
]
SAFARI: Pairs = [
    ("host", "api.example"),
    ("accept", "application/json"),
    ("sec-fetch-site", "same-origin"),
    ("accept-language", "en-GB,en;q=0.9"),
    ("sec-fetch-mode", "cors"),
    ("accept-encoding", "gzip, deflate, br"),
    ("user-agent", SAFARI_UA),
    ("sec-fetch-dest", "empty"),
]
REQUESTS: Pairs = [
    ("host", "api.example"),
    ("user-agent", "python-requests/2.32.3"),
    ("accept-encoding", "gzip, deflate"),
    ("accept", "*/*"),
    ("connection", "keep-alive"),
]
HONEST = {"chrome": CHROME, "firefox": FIREFOX, "safari": SAFARI}
JA4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"
PYTHON_JA4 = "t13d1812h1_85036bcba153_d41ae481755e"


def with_headers(pairs: Pairs, **changed: str) -> Pairs:
    """Some fields changed, added at the end, or, if empty, left out."""
    given = {name.replace("_", "-"): value for name, value in changed.items()}
    kept = [(name, given.pop(name, value)) for name, value in pairs]
    return [(name, value) for name, value in [*kept, *given.items()] if value]
