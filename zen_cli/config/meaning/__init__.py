"""What the parts of a config mean together: components as objects, checked against each other and the data."""
