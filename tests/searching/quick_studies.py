"""Studies without half of the time in which a database is opened."""

from contextlib import suppress


def read_migrations_once() -> None:
    """Read the scripts that make Optuna's tables once in this process, not for every study."""
    with suppress(ImportError):  # only searches need Optuna, which needs Alembic
        from alembic.script import ScriptDirectory

        read, known = ScriptDirectory.from_config, []

        def read_once(config):
            if not known:
                known.append(read(config))
            return known[0]

        ScriptDirectory.from_config = read_once
