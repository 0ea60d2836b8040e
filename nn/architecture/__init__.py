"""The list of layers people write: its options, reading it, building a network from it."""
