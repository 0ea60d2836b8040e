"""From files, a download or the program's own pen to batches: arrays, and nothing but arrays."""
