"""Damaged and hostile files by the hundred thousand: `python -m fuzzing all --inputs 100000`.

Every file that somebody else may have made has a format here. Whatever its bytes are, reading it
ends in data or in an error of the program's own that names the file, within bounded time and
memory, and nothing is written, started or asked of the network on the way.

Two drivers share the formats: hypothesis, a few hundred inputs each in the test suite, and
atheris, which watches which lines of the program an input reaches and builds on those that reach
new ones.
"""
