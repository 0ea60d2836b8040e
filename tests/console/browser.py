"""The image browser as a program of its own, to be driven by keys on a pseudo-terminal."""

import re
import textwrap

PROGRAM = textwrap.dedent("""
    import sys, termios
    import numpy as np
    from nn.console import viewer
    from nn.console.terminal import has_terminal
    from nn.runs.predictions import Predictions

    true = np.arange(30) % 10
    probabilities = np.eye(10, dtype=np.float32)[np.where(true == 7, 1, true)]
    images = np.full((30, 28, 28), 128, np.uint8)
    before = termios.tcgetattr(0)
    try:
        if not has_terminal(sys.stdin, sys.stdout):
            print("no terminal")
        elif sys.argv[1:] == ["fail"]:
            viewer.frame = lambda *_: 1 / 0
            viewer.browse_in_terminal(
                Predictions(images, true, probabilities, "R"), sys.stdin, sys.stdout)
        else:
            viewer.browse_in_terminal(
                Predictions(images, true, probabilities, "R"), sys.stdin, sys.stdout)
    except BaseException as error:
        print("ended by", type(error).__name__, error)
    print("restored" if termios.tcgetattr(0) == before else "BROKEN", "end")
""")
LEFT = re.escape("\x1b[?7h\x1b[?25h\x1b[?1049l") + ".*restored end"
