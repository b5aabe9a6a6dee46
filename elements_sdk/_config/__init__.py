"""The parts of a Configuration."""
