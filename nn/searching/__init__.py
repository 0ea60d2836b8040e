"""Many trainings with different settings, on one processor or several."""
