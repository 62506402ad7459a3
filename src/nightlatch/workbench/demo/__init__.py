"""The breach in a box: a sample API with an open door, its honest users, and the attack."""
