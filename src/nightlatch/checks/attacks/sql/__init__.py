"""SQL as a database reads it: tokens, expressions, statements, and how a value breaks out."""
