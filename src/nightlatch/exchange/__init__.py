"""What happened? The central noun and its neighbours, as immutable values."""
