"""A PostgreSQL server of the tests' own, from Debian's package, in a temporary folder."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "top-secret"


class Server:
    """A server that can be stopped and started again.

    Attributes:
        url: Its database.
        url_with_password: The same for a user who needs one.
        socket_url: The same through a file, which is there without a network.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._is_running = False
        self._programs = programs
        folder.chmod(0o755)
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:  # which PostgreSQL refuses to be run by
            shutil.chown(folder, "postgres")
            self._user = {"user": "postgres"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"postgresql+psycopg://tester@127.0.0.1:{self.port}/postgres"
        self.url_with_password = self.url.replace("tester", f"reader:{PASSWORD}")
        self._run("initdb", "--auth=trust", "--username=tester", "--no-sync", "--encoding=UTF8")
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(
            "local all tester trust\nhost all tester all trust\nhost all reader all scram-sha-256\n"
        )
        self.socket_url = f"postgresql+psycopg://tester@/postgres?host={folder}&port={self.port}"
        self.start()
        self.query(f"CREATE ROLE reader SUPERUSER LOGIN PASSWORD '{PASSWORD}'")

    def _run(self, program: str, *flags: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *flags]
        subprocess.run(
            command, check=True, capture_output=True, cwd=self._folder, timeout=60, **self._user
        )

    def start(self) -> None:
        """Start the server, unless it runs."""
        if not self._is_running:
            options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -F"
            self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", options, "start")
        self._is_running = True

    def stop(self) -> None:
        """Break all connections off."""
        self._run("pg_ctl", "-w", "-m", "fast", "stop")
        self._is_running = False

    def query(self, query: str) -> list[Any]:
        import psycopg

        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=tester dbname=postgres") as one:
            cursor = one.execute(query)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def serve() -> Iterator[Server | None]:
    """Start a server, and remove it after the block; None if PostgreSQL is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    server = Server(folder, programs[-1])
    try:
        yield server
    finally:
        subprocess.run(  # it may have been stopped
            [str(programs[-1] / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"],
            capture_output=True, check=False, **server._user,
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
