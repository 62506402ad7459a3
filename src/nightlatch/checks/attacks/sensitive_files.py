"""Files that nobody asks an application for, except to see whether it hands out any file."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

# Without slashes as well: some payloads, and some filters, have lost theirs on the way.
_S = r"[/\\]*+"
_CERTAIN = LazyPattern(
    rf"""
    (?:^|[/\\:=<>]|\.\.)(?:
        (?<=[/\\:=<>.])etc{_S}(?:\./)?+(?:passwd|shadow|gshadow|master\.passwd|sudoers|crontab
                        |security/passwd|ssh/sshd?_config|ssh/ssh_host_\w+|mysql/my\.cnf)-?(?![\w-])
      | proc{_S}(?:self|\d++|version|cmdline|mounts|net|sched_debug)\b
      | (?:root|home/\w++|\w++)/\.(?:ssh/(?:id_\w+|authorized_keys)|bash_history|aws/credentials)\b
      | var{_S}(?:log/(?:apache2?|httpd|nginx|auth|secure|mail|messages|syslog|vsftpd|sshd)
                |mail/root|spool/cron|run/secrets)\b
      | run/secrets/\w
      | (?:windows|winnt){_S}(?:win\.ini|system\.ini|system32|repair|debug|php\.ini|my\.ini
                               |panther|iis\d?\.log)(?![\w-])
      | boot\.ini(?![\w-]) | ntuser\.dat\b | autoexec\.bat\b
      | inetpub{_S}(?:wwwroot|logs|ftproot|adminscripts)
      | (?:web|meta)-inf{_S}(?:web\.xml|classes|lib|context\.xml|manifest\.mf|\w[\w-]*+\.xml)
      | (?:apache\w*+|httpd|nginx|xampp|tomcat\w*+){_S}(?:conf|logs)/\w
      | windows{_S}system32
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIKELY = LazyPattern(
    r"""
    (?:^|[/\\])(?:
        etc/(?:hosts|group|issue|motd|fstab|hostname|resolv\.conf|profile|environment|networks
              |inetd\.conf|redhat-release|os-release|lsb-release|[\w-]++-release|my\.cnf|php\.ini
              |ssh|ssl/private|apache2?|httpd|nginx|mysql|cron\w*|init\.d|rc\.\w+)\b
      | dev/(?:tcp|udp|random|urandom|zero|mem|sda)\b
      | wp-config\.php | \.htpasswd | \.htaccess | \.git/(?:config|HEAD)\b | \.env\b
      | web\.config\b | global\.asax?\b | appsettings\.json | config\.inc\.php
      | php\.ini | my\.cnf | httpd\.conf | nginx\.conf | tomcat-users\.xml
      | sam\b(?=$) | config/sam\b | id_rsa\b
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_sensitive(path: str) -> bool:
    """One of the files that are asked for to prove that any file can be had."""
    return _CERTAIN.search(path) is not None


def is_of_the_system(path: str) -> bool:
    """Also the files that an administrator's tool may name with good reason."""
    return is_sensitive(path) or _LIKELY.search(path) is not None
