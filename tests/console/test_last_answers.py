from nn.console.last_answers import FILE_NAME, read_last_answers, write_last_answers


def test_answers_are_read_back_as_they_were(tmp_path):
    answers = {"hidden_layers": 2, "l1": True, "optimizer": "sgd", "epochs": 3}
    folder = str(tmp_path / "new")
    write_last_answers(folder, answers)
    assert read_last_answers(folder) == answers


def test_without_a_file_nothing_is_suggested(tmp_path):
    assert read_last_answers(str(tmp_path)) == {}


def test_a_damaged_file_is_as_good_as_none(tmp_path):
    for content in (b"", b"\xff", b"epochs: 0", b"[", b"epoch: 3", b"x" * 200_000):
        (tmp_path / FILE_NAME).write_bytes(content)
        assert read_last_answers(str(tmp_path)) == {}


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("")
    write_last_answers(str(tmp_path / "file"), {"epochs": 3})
    assert read_last_answers(str(tmp_path / "file")) == {}
    assert read_last_answers("a\0b") == {}
