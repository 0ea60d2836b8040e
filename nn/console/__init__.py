"""Talking with the person at the terminal: questions, piped answers, progress, errors."""
