"""The process of one contestant: it waits for its turn, works, and says how long that took.

Each contestant has a process of its own because they would otherwise share what decides the
outcome: thread pools, memory allocator, caches of compiled code.

It reads one line of JSON at a time and answers with one. ``{"prepare": work, "images": M}`` makes
a network, ``{"run": work}`` takes a turn with it, ``{"save": work, "path": P}`` saves its
parameters, ``{"forget": true}`` throws all networks away.
"""

import json
import sys
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.work import TRAINING_IMAGES, Array, Work, load_data


def main(module: str, one_thread: bool) -> None:
    """Answer until the input ends."""
    contestant_class = import_module(f"benchmarks.contestants.{module}").Contestant
    # With one thread, the processor's time: it stands still while other programs have the core.
    clock = time.process_time if one_thread else time.perf_counter
    prepared: dict[Work, Any] = {}
    for line in sys.stdin:
        order = json.loads(line)
        seconds = 0.0
        if "prepare" in order:
            work = Work.from_dict(order["prepare"])
            whole_batches = order["images"] // work.batch_size * work.batch_size
            images, labels = _data(order["data_dir"])
            prepared[work] = contestant_class(work, images[:whole_batches], labels[:whole_batches])
        elif "run" in order:
            contestant = prepared[Work.from_dict(order["run"])]
            started = clock()
            contestant.run()
            seconds = clock() - started
        elif "save" in order:
            np.savez(order["path"], *prepared[Work.from_dict(order["save"])].parameters())
        else:
            prepared.clear()
        print(json.dumps({"seconds": seconds}), flush=True)


@cache
def _data(data_dir: str | None) -> tuple[Array, NDArray[np.int64]]:
    return load_data(Path(data_dir) if data_dir else None, TRAINING_IMAGES)


if __name__ == "__main__":
    main(sys.argv[1], one_thread=sys.argv[2] == "1")
