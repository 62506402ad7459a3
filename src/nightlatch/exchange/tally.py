"""What became of everything that arrived at a listener."""

from msgspec import Struct


class Tally(Struct):
    """Of one listener, since it began. Every message that arrived is in exactly one of these:

        received = taken + lost + idle + malformed + pieces + over_rate

    Written by the listener's thread alone; others may read.
    """

    received: int = 0
    """Messages, of UDP datagrams, from those who may send."""
    taken: int = 0
    """Became an exchange that had room."""
    lost: int = 0
    """Became an exchange for which there was no room."""
    idle: int = 0
    """Sound, but about no HTTP exchange."""
    malformed: int = 0
    pieces: int = 0
    """Chunks of a message that was not complete with them, and chunks that came twice."""
    over_rate: int = 0
    """More than their sender may send in a second."""
    overrun: int = 0
    """Datagrams that the kernel threw away, because nobody had read those before them; not among
    the received. Those of strangers are among them: nobody saw who they were from."""
    refused: int = 0
    """Datagrams and connections from outside the networks that may send; not among the received."""
    crowded: int = 0
    """Connections beyond the bound; not among the received."""
    incomplete: int = 0
    """Chunked messages of which some chunks never came; those that did are among the pieces."""
