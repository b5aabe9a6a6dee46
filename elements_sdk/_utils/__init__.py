"""What every module may use; it needs nothing else of this package."""
