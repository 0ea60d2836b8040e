"""Who takes the steps of training: the textbook, or a faster form held to it by a test."""
