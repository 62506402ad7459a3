"""One file for each software: the formats it writes, with their help."""
