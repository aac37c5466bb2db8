"""Backups: a sealed copy of the store, its files and its configuration in another place, and the way back."""
