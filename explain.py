"""Walk through one training step with all its numbers: `python explain.py`."""

import sys

from nn.commands.explain import main

if __name__ == "__main__":
    sys.exit(main())
