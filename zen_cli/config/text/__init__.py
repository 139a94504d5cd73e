"""YAML text as a tree whose every node knows its place, problems that show it, and values written back as YAML."""
