"""XML documents, as far as they make a parser fetch or grow."""
