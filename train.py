"""Train a network that reads handwritten digits: `python train.py` asks eight questions."""

import sys

from nn.commands.train import main

if __name__ == "__main__":
    sys.exit(main())
