"""Search for good settings: `python search.py`; run it again to continue, on any machine."""

import sys

from nn.commands.search import main

if __name__ == "__main__":
    sys.exit(main())
