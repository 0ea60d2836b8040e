import subprocess
import sys

from nn.installation import PROGRAMS, VERSION
from tests.environment import ROOT


def test_the_package_lists_its_programs_in_a_line_each():
    done = subprocess.run(
        [sys.executable, "-m", "nn"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0] == f"handwritten-nn {VERSION}"
    for program, line in zip(PROGRAMS, lines[1:-1], strict=True):
        assert line.split() == ["python", f"{program}.py", *PROGRAMS[program].split()]
        assert len(line) < 100
