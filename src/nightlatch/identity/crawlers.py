"""Declared bots: what they call themselves, and how their operators say that they can be verified.

Each fact is from the operator's own documentation. Two ways of verifying are in use: reverse DNS to
a name below one of `suffixes`, and from that name forward to the same address; or a published list
of networks, which is used when a feed of the kind "crawler" with the bot's name loads it. Bots with
neither stay unverified for ever, which says nothing against them.

Names of machines that customers can rent (googleusercontent.com, amazonaws.com) are no proof.
"""

from msgspec import Struct


class Crawler(Struct, frozen=True):
    name: str
    token: str
    """In the user agent, in lower case."""
    suffixes: tuple[str, ...] = ()
    """Domains that its machines' names end with."""
    ranges: str = ""
    """Where its operator publishes its networks; fetched only where a feed says so."""


_GOOGLE = ("googlebot.com", "google.com")
_GOOGLE_RANGES = "https://developers.google.com/static/search/apis/ipranges/"
_OPENAI = "https://openai.com/"

CRAWLERS: tuple[Crawler, ...] = (
    Crawler("Googlebot", "googlebot", _GOOGLE, _GOOGLE_RANGES + "googlebot.json"),
    Crawler("AdsBot-Google", "adsbot-google", _GOOGLE, _GOOGLE_RANGES + "special-crawlers.json"),
    Crawler("Mediapartners-Google", "mediapartners-google", _GOOGLE),
    Crawler("APIs-Google", "apis-google", _GOOGLE),
    Crawler("GoogleOther", "googleother", _GOOGLE),
    Crawler("Google-InspectionTool", "google-inspectiontool", _GOOGLE),
    Crawler("Storebot-Google", "storebot-google", _GOOGLE),
    Crawler("bingbot", "bingbot", ("search.msn.com",), "https://www.bing.com/toolbox/bingbot.json"),
    Crawler("BingPreview", "bingpreview", ("search.msn.com",)),
    Crawler("msnbot", "msnbot", ("search.msn.com",)),
    Crawler(
        "Applebot",
        "applebot",
        ("applebot.apple.com",),
        "https://search.developer.apple.com/applebot.json",
    ),
    Crawler("DuckDuckBot", "duckduckbot", (), "https://duckduckgo.com/duckduckbot.json"),
    Crawler("YandexBot", "yandexbot", ("yandex.ru", "yandex.net", "yandex.com")),
    Crawler("YandexImages", "yandeximages", ("yandex.ru", "yandex.net", "yandex.com")),
    Crawler("Baiduspider", "baiduspider", ("baidu.com", "baidu.jp")),
    Crawler("Yahoo! Slurp", "yahoo! slurp", ("crawl.yahoo.net",)),
    Crawler("PetalBot", "petalbot", ("petalsearch.com", "aspiegel.com")),
    Crawler("SeznamBot", "seznambot", ("seznam.cz",)),
    Crawler("Pinterestbot", "pinterestbot", ("pinterest.com",)),
    Crawler("GPTBot", "gptbot", (), _OPENAI + "gptbot.json"),
    Crawler("OAI-SearchBot", "oai-searchbot", (), _OPENAI + "searchbot.json"),
    Crawler("ChatGPT-User", "chatgpt-user", (), _OPENAI + "chatgpt-user.json"),
    Crawler("PerplexityBot", "perplexitybot", (), "https://www.perplexity.com/perplexitybot.json"),
    Crawler(
        "Perplexity-User", "perplexity-user", (), "https://www.perplexity.com/perplexity-user.json"
    ),
    Crawler(
        "CCBot",
        "ccbot",
        ("crawl.commoncrawl.org",),
        "https://index.commoncrawl.org/ccbot.json",
    ),
    Crawler("Amazonbot", "amazonbot", ("crawl.amazonbot.amazon",)),
    Crawler("AhrefsBot", "ahrefsbot", ("ahrefs.com", "ahrefs.net")),
    Crawler("SemrushBot", "semrushbot", ("semrush.com",)),
    Crawler("UptimeRobot", "uptimerobot", (), "https://uptimerobot.com/inc/files/ips/IPv4.txt"),
    Crawler("Stripe", "stripe/1", (), "https://stripe.com/files/ips/ips_webhooks.txt"),
    Crawler("GitHub-Hookshot", "github-hookshot", (), "https://api.github.com/meta"),
    Crawler("ClaudeBot", "claudebot"),
    Crawler("meta-externalagent", "meta-externalagent"),
    # Telephones call themselves so when they make the preview of a link in a message.
    Crawler("facebookexternalhit", "facebookexternalhit"),
    Crawler("Twitterbot", "twitterbot"),
    Crawler("LinkedInBot", "linkedinbot"),
    Crawler("Slackbot", "slackbot"),
    Crawler("Discordbot", "discordbot"),
    Crawler("TelegramBot", "telegrambot"),
    Crawler("Bytespider", "bytespider"),
)


def crawler_in(user_agent: str) -> Crawler | None:
    """The bot that a user agent declares."""
    text = user_agent.lower()
    for crawler in CRAWLERS:
        if crawler.token in text:
            return crawler
    return None


def belongs(crawler: Crawler, name: str) -> bool:
    """Whether a machine's DNS name is one of the bot's operator."""
    name = name.lower().rstrip(".")
    return any(name.endswith("." + suffix) for suffix in crawler.suffixes)
