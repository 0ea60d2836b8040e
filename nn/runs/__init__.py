"""Runs: from settings to a finished folder, and back from the folder to a network."""
