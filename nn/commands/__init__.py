"""The programs: each reads its settings, does its work and reports where the result is.

The scripts of the repository (`train.py`) and the commands of an installation (`nn-train`) both
call a module's `main`.
"""
