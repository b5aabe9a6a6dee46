"""The version of this package, in one place."""

__version__ = "4.0.0"
