"""Data sources and what turns them into examples."""
