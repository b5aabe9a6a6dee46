"""What a Configuration is made of."""
