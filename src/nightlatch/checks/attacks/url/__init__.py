"""URLs as the programs that follow them read them: where they are in a text, and whom they name."""
