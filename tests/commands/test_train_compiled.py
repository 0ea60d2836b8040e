"""train.py --compiled: another way to take the steps, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

KIND = ("--defaults", "--hidden-units", 8, "--learning-rate", 0.015, "--epochs", 2, "--seed", 3)


def csv_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


@pytest.fixture
def trained(train, tmp_path):
    """Return a function that trains under a name, and returns its folder and what was said."""

    def run(name: str, *flags: object) -> tuple[Path, str]:
        done = train(*(() if "--config" in flags else KIND), "--name", name, *flags)
        assert done.returncode == 0, done.stderr
        return tmp_path / "saved_files" / name, done.stdout

    return run


@pytest.fixture
def numba() -> None:
    pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")


def test_it_leaves_the_same_files_with_nearly_the_same_numbers(numba, trained):
    compiled, said = trained("compiled", "--compiled")
    plain, _ = trained("plain")
    assert "Steps are compiled" in said
    names = {path.name for path in plain.iterdir()}
    assert {path.name for path in compiled.iterdir()} == names
    for name in ("weights_1.csv", "biases_2.csv", "loss_history.csv"):
        one, other = (
            np.genfromtxt(folder / name, delimiter=",", skip_header="history" in name)
            for folder in (compiled, plain)
        )
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
        assert (one != other).any()  # or they would not have been compiled


@pytest.mark.long
def test_the_saved_settings_give_the_same_bytes(numba, trained, train):
    compiled, _ = trained("compiled", "--compiled")
    assert train("--config", compiled / "settings.yaml", "--name", "again").returncode == 0
    assert csv_files(compiled) == csv_files(compiled.with_name("again"))


@pytest.mark.long
def test_an_extended_run_has_the_same_bytes(numba, trained, train):
    whole, _ = trained("whole", "--compiled", "--epochs", 4)
    short, _ = trained("short", "--compiled")
    assert train("--resume", "short", "--epochs", 4).returncode == 0
    assert csv_files(short.with_name("short-2")) == csv_files(whole)


def test_a_convolution_network_with_adam_is_compiled_and_repeats_to_the_byte(
    numba, trained, tmp_path
):
    config = tmp_path / "small.yaml"
    config.write_text(
        "layers: [{conv2d: {filters: 2, kernel_size: 5, stride: 3}}, batch_norm, relu,\n"
        "  {max_pool: 2}, flatten, {dropout: 0.1}]\noptimizer: adam\nlearning_rate: 0.001\n"
        "batch_size: 100\nepochs: 2\n"
    )
    one, said = trained("one", "--config", config, "--compiled")
    again, _ = trained("again", "--config", config, "--compiled")
    plain, _ = trained("plain", "--config", config)
    assert "Steps are compiled" in said
    assert csv_files(one) == csv_files(again)
    kernels, others = (
        np.genfromtxt(folder / "weights_1.csv", delimiter=",") for folder in (one, plain)
    )
    assert (kernels != others).any()
    np.testing.assert_allclose(kernels, others, rtol=0, atol=0.02)
