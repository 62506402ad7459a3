"""Files that nobody asks an application for, except to see whether it hands out any file."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

# Without slashes as well: some payloads, and some filters, have lost theirs on the way.
_S = r"[/\\]*+"
_CERTAIN = LazyPattern(
    rf"""
    (?:^|[/\\:=<>]|\.\.)(?:
        (?<=[/\\:=<>.])etc{_S}(?>(?:\./)?)(?:passwd|shadow|gshadow|master\.passwd|sudoers|crontab
                        |security/passwd|ssh/sshd?_config|ssh/ssh_host_\w+|mysql/my\.cnf)-?(?![\w-])
      | proc{_S}(?:self|\d++|version|cmdline|mounts|net|sched_debug)\b
      | (?:root|home/\w++|\w++)/\.(?:ssh/(?:id_\w+|authorized_keys)|bash_history|aws/credentials)\b
      | var{_S}(?:log/(?:apache2?|httpd|nginx|auth|secure|mail|messages|syslog|vsftpd|sshd)
                |mail/root|spool/cron)\b
      | (?:var/)?run/secrets/kubernetes\.io/serviceaccount/+(?:token|namespace|ca\.crt)\b
      | (?:windows|winnt){_S}(?:win\.ini|system\.ini|desktop\.ini
                               |system32{_S}(?:config|drivers{_S}etc{_S}(?!hosts\b)\w++)|repair|debug|php\.ini|my\.ini|panther|iis\d?\.log)(?![\w-])
      | boot\.ini(?![\w-]) | ntuser\.dat\b | autoexec\.bat\b
      | inetpub{_S}(?:wwwroot|logs|ftproot|adminscripts)
      | (?:web|meta)-inf{_S}(?:web\.xml|classes|lib|context\.xml|manifest\.mf|\w[\w-]*+\.xml)
      | (?:apache\w*+|httpd|nginx|xampp|tomcat\w*+){_S}(?:conf|logs)/\w
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIKELY = LazyPattern(
    r"""
    (?:^|[/\\])(?:
        etc/(?:hosts|group|issue|motd|fstab|hostname|resolv\.conf|profile|environment|networks
              |services|protocols|shells|inittab|hosts\.(?:allow|deny)|inetd\.conf
              |redhat-release|os-release|lsb-release|[\w-]++-release|my\.cnf|php\.ini
              |ssh|ssl/private|apache2?|httpd|nginx|mysql|cron\w*|init\.d|rc\.\w+)\b
      | (?:var/)?run/secrets/\w | (?:windows|winnt)[/\\]+system32 | desktop\.ini
      | dev/(?:tcp|udp|random|urandom|zero|mem|sda)\b
      | wp-config\.php | \.htpasswd | \.htaccess | \.git/(?:config|HEAD)\b | \.env\b
      | web\.config\b | global\.asax?\b | appsettings\.json | config\.inc\.php
      | php\.ini | my\.cnf | httpd\.conf | nginx\.conf | tomcat-users\.xml
      | sam\b(?=$) | config/sam\b | id_rsa\b
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


# Cheap to look for; nearly every path has none of them.
_HINTS = (
    "etc", "proc", "root", "home", "ssh", "aws", "var", "secrets", "windows", "winnt", ".ini",
    "ntuser", ".bat", "inetpub", "-inf", "apache", "httpd", "nginx", "xampp", "tomcat", "dev/",
    "wp-config", ".ht", ".git", ".env", "web.config", "global.asa", "appsettings", "config.inc",
    "my.cnf", "sam", "id_rsa",
)  # fmt: skip


def hints_at_system(path: str) -> bool:
    """Cheap, and wrong in one direction only: a path without a hint is no file of the system."""
    lower = path.lower()
    return any(hint in lower for hint in _HINTS)


def is_sensitive(path: str) -> bool:
    """One of the files that are asked for to prove that any file can be had."""
    return hints_at_system(path) and _CERTAIN.search(path) is not None


def is_of_the_system(path: str) -> bool:
    """Also the files that an administrator's tool may name with good reason."""
    if not hints_at_system(path):
        return False
    return _CERTAIN.search(path) is not None or _LIKELY.search(path) is not None
