"""The parts of a training are the ones that its settings name."""

import pytest

from nn.architecture.kinds import KINDS
from nn.datasets.distortion import DISTORTIONS
from nn.engines import choice as engine_choice
from nn.engines.choice import compiled_engine
from nn.errors import MissingNumbaError
from nn.initializers import INITIALIZERS
from nn.losses import LOSSES, SoftmaxCrossEntropy
from nn.optimizers import OPTIMIZERS, SGD, Adam, Momentum
from nn.runs.assembly import assemble, make_engine, make_optimizer, make_schedule
from nn.runs.facts import CompiledSteps
from nn.runs.preparation import prepare_data, prepare_network
from nn.settings.declaration import SETTINGS, Settings
from nn.training.early_stopping import MONITORS
from nn.training.history import History
from nn.training.step_by_step import StepByStep


def test_optimizers_are_made_as_the_settings_say():
    def made(**changes):
        settings = Settings(learning_rate=0.5, **changes)
        return make_optimizer(settings, prepare_network(settings, (2, 2), 2))

    for name, kind in (("sgd", SGD), ("momentum", Momentum), ("adam", Adam)):
        optimizer = made(optimizer=name)
        assert type(optimizer) is kind
        assert optimizer.learning_rate == 0.5


def test_schedules_are_made_as_the_settings_say():
    steady = make_schedule(Settings(learning_rate=0.5, decay_rate=0.1), [])
    assert [steady(epoch) for epoch in (1, 2, 50)] == [1, 1, 1]
    decaying = make_schedule(
        Settings(learning_rate=0.5, decay_rate=0.1, learning_rate_decay=True), []
    )
    assert [decaying(epoch) for epoch in (1, 2, 3)] == pytest.approx([1, 0.1, 0.01])


def test_early_stopping_and_the_best_network_are_parts_only_where_they_are_wanted(settings):
    def made(**changes):
        wanted = settings(**changes)
        return assemble(wanted, prepare_data(wanted))

    plain = made()
    assert (plain.early_stopping, plain.best) == (None, None)
    assert made(patience=2).early_stopping is not None
    assert made(restore_best_weights=True).best is not None


def test_only_a_rate_of_each_step_needs_steps_one_by_one(settings):
    def is_step_by_step(**changes):
        wanted = settings(**changes)
        return isinstance(assemble(wanted, prepare_data(wanted)).engine, StepByStep)

    assert is_step_by_step(learning_rate_decay=True, decay="one_cycle")
    assert not is_step_by_step(decay="one_cycle")
    assert not is_step_by_step(learning_rate_decay=True, decay="cosine")


def test_each_part_that_draws_random_numbers_has_a_stream_in_the_state(settings):
    layers = [{"dense": 5}, "relu", {"dropout": 0.5}, {"dense": 5}, {"dropout": 0.1}]
    wanted = settings(layers=layers, distortion="affine")
    state = assemble(wanted, prepare_data(wanted))
    assert list(state.streams) == ["shuffling", "distortion", "dropout_1", "dropout_2"]


def test_a_training_begins_with_no_epoch_and_all_training_images(settings):
    wanted = settings(batch_size=50)
    state = assemble(wanted, prepare_data(wanted))
    assert (state.history, state.so_far.examples) == ([], 0)
    assert (state.batches.examples, state.batches.batch_size) == (399, 50)
    assert isinstance(state.loss, SoftmaxCrossEntropy)
    assert state.network.output_shape == (4,)


@pytest.mark.parametrize(
    ("setting", "known"),
    [
        ("initialization", INITIALIZERS),
        ("loss", LOSSES),
        ("optimizer", OPTIMIZERS),
        ("monitor", MONITORS),
        ("distortion", {"none": None, **DISTORTIONS}),
    ],
)
def test_the_choices_of_a_setting_are_those_that_the_program_knows(setting, known):
    """The settings may not import the mathematics, so they list its names again."""
    assert [choice.value for choice in SETTINGS[setting].choices] == list(known)


def test_every_activation_is_a_layer():
    assert {choice.value for choice in SETTINGS["activation"].choices} <= KINDS.keys()


def test_every_decay_has_a_schedule_of_its_own():
    names = [
        make_schedule(
            Settings(learning_rate_decay=True, decay=choice.value), History()
        ).__qualname__.partition(".")[0]
        for choice in SETTINGS["decay"].choices
    ]
    assert names == [choice.value for choice in SETTINGS["decay"].choices]


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_compiling_is_announced_with_its_length_before_it_and_measured_after_it(
    settings, optimizer, monkeypatch
):
    pytest.importorskip("numba")
    said: list[object] = []
    wanted = settings(compiled=True, optimizer=optimizer)
    network = prepare_network(wanted, (3, 3), 2)
    loss, made = LOSSES[wanted.loss], make_optimizer(wanted, network)
    engine_type = type(compiled_engine(network, loss, made))
    announced: list[object] = []

    def compile(engine):
        announced.extend(said)
        return 16.2

    monkeypatch.setattr(engine_type, "compile", compile)
    monkeypatch.setattr(engine_type, "expected_compilation", lambda engine: 15.0)
    assert isinstance(make_engine(wanted, network, loss, made, said.append), engine_type)
    assert announced == [CompiledSteps(expected=15.0)]
    assert said == [*announced, CompiledSteps(took=16.2)]
    said.clear()
    monkeypatch.setattr(engine_type, "expected_compilation", lambda engine: 0.0)
    make_engine(wanted, network, loss, made, said.append)
    assert said == [CompiledSteps()]


def test_without_numba_the_error_says_how_to_install_it(settings, monkeypatch):
    monkeypatch.setattr(engine_choice, "find_spec", lambda name: None)
    wanted = settings(compiled=True)
    with pytest.raises(MissingNumbaError, match="pip install"):
        assemble(wanted, prepare_data(wanted))
