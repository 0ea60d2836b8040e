"""Show what a trained network reads: `python predict.py`."""

import sys

from nn.commands.predict import main

if __name__ == "__main__":
    sys.exit(main())
