"""Files that are written completely or not at all, opened safely, and locked."""
