"""XPath and XQuery (W3C)."""
