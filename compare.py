"""Compare finished runs: `python compare.py`, and tick the ones to compare."""

import sys

from nn.commands.compare import main

if __name__ == "__main__":
    sys.exit(main())
