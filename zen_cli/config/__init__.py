"""From YAML text to a checked experiment."""
