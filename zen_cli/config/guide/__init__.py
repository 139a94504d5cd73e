"""What a config may say, told to people, editors and shells."""
