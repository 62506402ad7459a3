"""OAuth 2 and OpenID Connect on the bench."""
