"""The Panel app's package."""
