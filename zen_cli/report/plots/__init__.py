"""Pictures: a module per kind."""
