"""Damaged and hostile files by the hundred thousand: `python -m fuzzing all --inputs 100000`.

Every kind of file that someone else may have made has a format here. Whatever bytes a file holds,
reading it ends in data, or in an error of the program that names the file. It takes bounded time
and memory, and writes nothing, starts nothing and sends nothing over the network.

Two drivers share the formats: hypothesis, with a few hundred inputs each in the test suite, and
atheris, which tracks which lines of the program an input reaches and mutates those that reach new
ones.
"""
