"""GraphQL documents, as far as their cost and their intent show in their form."""
