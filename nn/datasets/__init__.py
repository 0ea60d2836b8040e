"""Data sets as arrays: read from files, downloaded or drawn, then split, normalized and batched."""
