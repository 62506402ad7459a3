"""JavaScript as an attacker writes it: its tokens, and what they would do."""
