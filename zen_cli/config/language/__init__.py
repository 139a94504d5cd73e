"""What a config may say: its sections and components, from the signatures, and the one grammar in which it says it."""
