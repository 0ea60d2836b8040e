"""Engines take the steps of training: the textbook, and faster ones tested against it."""
