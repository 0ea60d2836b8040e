"""Files written whole or not at all, opened safely, and locked."""
