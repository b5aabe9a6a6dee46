"""What every module may use: it needs nothing of this package."""
