"""The page for browsers, and the HTTP door behind it: the same methods, tokens, scopes and limits as gRPC."""
