"""Every setting of a search, declared once, as `declaration` does for the settings of a run."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from nn.settings.declaration import LONGEST_RUN_NAME, check_run_name
from nn.settings.search_space import EXPECTED, read_space, show_space
from nn.settings.setting import Choice, Declaration, Group, Question, Rule, no, yes


def _read_vary(written: object) -> str:
    """Return what varies, in one line of YAML."""
    return show_space(read_space(written, "vary"))


class SearchSettings(BaseModel):
    """All settings of a search, checked; those that are not given have their defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    vary: Annotated[
        str,
        Group("search"),
        Question("Which settings vary, and over which values?"),
        Rule(EXPECTED),
        BeforeValidator(_read_vary),
    ] = Field(
        "learning_rate: 0.0001..0.1 log, hidden_units: [32, 64, 128]",
        description="settings that vary, with their values or ranges",
    )
    start: Annotated[
        str,
        Group("search"),
        Question("Which config or run supplies the other settings?"),
        Rule("a YAML file, a run's name, or defaults"),
        AfterValidator(lambda start: start.strip() or "defaults"),
    ] = Field("defaults", description="config or run that supplies the other settings")
    sampler: Annotated[
        str,
        Group("search"),
        Question("How should values be chosen?"),
        Choice("tpe", explain="where earlier trials went well (tree-structured Parzen estimator)"),
        Choice("random", explain="at random, independently"),
        Choice("grid", explain="every combination once; lists of values only"),
    ] = Field("tpe", description="how a trial's values are chosen")
    trials: Annotated[
        int,
        Group("search"),
        Question("How many trials?", lambda values: values.get("sampler") != "grid"),
    ] = Field(20, ge=1, le=100_000, description="number of runs; a grid has one per combination")
    pruning: Annotated[
        bool,
        Group("search"),
        Question("Stop poor trials early?"),
        yes("after 1, 3, 9, ... epochs only the best third continues (successive halving)"),
        no("every trial trains for all its epochs"),
    ] = Field(
        True, description="stop trials that are worse than others after the same number of epochs"
    )
    objective: Annotated[
        str,
        Group("search"),
        Choice("validation_accuracy", explain="higher is better"),
        Choice("validation_loss", explain="lower is better"),
    ] = Field("validation_accuracy", description="metric that decides which trial is better")
    study: Annotated[
        str,
        Group("search"),
        Rule(f"a name like a run's, at most {LONGEST_RUN_NAME} characters"),
        AfterValidator(check_run_name),
    ] = Field("", description="name of the study and of its folder; empty: made from what varies")
    storage: Annotated[str, Group("search"), Rule("an SQLite file's path or a database URL")] = (
        Field("", description="where the study is stored; empty: study.db in its folder")
    )
    workers: Annotated[int, Group("search")] = Field(
        0, ge=0, le=1000, description="parallel processes on this machine; 0: one per core"
    )
    sampler_seed: Annotated[int, Group("search")] = Field(
        0, ge=0, description="seed of the random numbers that choose values"
    )
    dead_after: Annotated[float, Group("search")] = Field(
        60.0,
        ge=1,
        description="seconds without a heartbeat after which another process repeats a trial",
    )
    database_wait: Annotated[float, Group("search")] = Field(
        300.0, ge=0, description="seconds to wait for a database that does not answer"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _accept_any_spelling(cls, given: Any, info: ValidationInfo) -> object:
        return SEARCH.settings[str(info.field_name)].interpret(given)


SEARCH = Declaration.of(SearchSettings)
