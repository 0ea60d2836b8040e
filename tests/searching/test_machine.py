"""The name that all processes of one machine share."""

import uuid

from nn.searching import machine


def test_a_machine_is_named_after_its_last_start(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(machine, "_BOOT_ID", tmp_path / "boot_id")
    (tmp_path / "boot_id").write_text("8a3c-51\n")
    assert machine.this_machine() == "8a3c-51"


def test_a_system_that_counts_no_starts_is_named_after_its_network_card(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(machine, "_BOOT_ID", tmp_path / "none")
    monkeypatch.setattr(uuid, "getnode", lambda: 0xABCDEF)
    assert machine.this_machine() == "abcdef"
