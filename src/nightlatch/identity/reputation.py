"""Does an address have a bad name? The one question of the check `ip-reputation`."""

from nightlatch.identity.networks import Networks


class Reputation:
    """What the loaded lists say of an address."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def look_up(self, address: str) -> str | None:
        """The name of the first list that holds `address`, "" when none does, None when no list
        of addresses with a bad name is loaded."""
        book = self._networks.book
        if not book.judges:
            return None
        lists = book.look(address).lists
        return lists[0] if lists else ""
