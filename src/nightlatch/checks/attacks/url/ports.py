"""Ports that say what a URL to an internal address is after."""

SERVICE_PORTS = frozenset(
    (
        *(21, 22, 23, 25, 110, 111, 135, 139, 143, 389, 445, 512, 513, 514, 873, 993, 1433, 1521),
        *(2049, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 5985, 6379, 6443),
        *(8500, 8600, 9042, 9200, 9300, 10250, 10255, 11211, 15672, 27017, 28017, 50070),
    )
)
"""Where databases, shells, brokers and orchestrators listen: nothing a browser is sent to."""

DEVELOPMENT_PORTS = frozenset((81, 82, 88, 591))
"""Low ports that developers use; from 1024 on, all that serve nothing well known are theirs."""
