"""HTML as a browser reads it, wherever in a page a text may be pasted."""
