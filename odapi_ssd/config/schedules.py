"""The learning-rate schedule of a `TrainConfig`: finding, stretching and scaling it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from odapi_ssd.errors import OdapiError

__all__ = ["MAX_UINT32", "learning_rate_of", "rates_of", "scale_rates", "stretch_steps"]

# The greatest number that num_steps, batch_size and the steps of a schedule can hold.
MAX_UINT32 = 2**32 - 1

# Fields of each schedule that are numbers of steps, those of them that must not become 0, and those
# that are rates.
_STEP_FIELDS = {
    "exponential_decay_learning_rate": ("decay_steps", "burnin_steps"),
    "cosine_decay_learning_rate": ("total_steps", "warmup_steps", "hold_base_rate_steps"),
}
_LENGTHS = ("total_steps", "decay_steps")
_RATE_FIELDS = {
    "constant_learning_rate": ("learning_rate",),
    "exponential_decay_learning_rate": (
        "initial_learning_rate",
        "burnin_learning_rate",
        "min_learning_rate",
    ),
    "manual_step_learning_rate": ("initial_learning_rate",),
    "cosine_decay_learning_rate": ("learning_rate_base", "warmup_learning_rate"),
}


def learning_rate_of(train_config: Any) -> tuple[str, str, Any] | None:
    """The schedule of the optimizer that is set.

    Returns:
        Its path in the config, its kind (`cosine_decay_learning_rate`, …) and its message; None if
        no optimizer or no schedule is set.
    """
    optimizer_kind = train_config.optimizer.WhichOneof("optimizer")
    if optimizer_kind is None:
        return None
    learning_rate = getattr(train_config.optimizer, optimizer_kind).learning_rate
    kind = learning_rate.WhichOneof("learning_rate")
    if kind is None:
        return None
    path = f"train_config.optimizer.{optimizer_kind}.learning_rate.{kind}"
    return path, kind, getattr(learning_rate, kind)


def stretch_steps(train_config: Any, old_steps: int, new_steps: int) -> list[tuple[str, int]]:
    """Moves every step of the schedule in proportion, as training changes from old to new steps.

    Args:
        train_config: a `train_pb2.TrainConfig`; its schedule is changed in place.
        old_steps: the number of steps that the schedule was made for; 0 changes nothing.
        new_steps: the number of steps that it is for now.
    Returns:
        Path and new value of each field that was changed.
    Raises:
        OdapiError: a field cannot hold its new value.
    """
    found = learning_rate_of(train_config)
    if found is None or old_steps <= 0 or old_steps == new_steps:
        return []
    changed: list[tuple[str, int]] = []
    boundary = 0
    for message, name, path in _fields(*found, _STEP_FIELDS, "step"):
        value = getattr(message, name)
        stretched = max(round(value * new_steps / old_steps), 1 if name in _LENGTHS else 0)
        if name == "step":
            stretched = boundary = max(stretched, boundary + 1)  # boundaries must grow
        if stretched > MAX_UINT32:
            raise OdapiError(
                f"{path} would become {stretched:,} with {new_steps:,} steps of training, but it "
                f"holds at most {MAX_UINT32:,}.",
                hint="train for fewer steps.",
            )
        if stretched != value:
            setattr(message, name, stretched)
            changed.append((path, stretched))
    return changed


def rates_of(train_config: Any) -> list[tuple[str, float]]:
    """Path and value of every rate of the schedule; empty without a schedule."""
    found = learning_rate_of(train_config)
    if found is None:
        return []
    return [
        (path, getattr(message, name))
        for message, name, path in _fields(*found, _RATE_FIELDS, "learning_rate")
    ]


def scale_rates(train_config: Any, factor: float) -> list[tuple[str, float]]:
    """Multiplies every rate of the schedule.

    Args:
        train_config: a `train_pb2.TrainConfig`; its schedule is changed in place.
        factor: 1 changes nothing.
    Returns:
        Path and new value of each field that was changed; a rate of 0 stays.
    """
    found = learning_rate_of(train_config)
    if found is None or factor == 1:
        return []
    changed: list[tuple[str, float]] = []
    for message, name, path in _fields(*found, _RATE_FIELDS, "learning_rate"):
        value = getattr(message, name)
        if value:
            setattr(message, name, _round_rate(value * factor))
            changed.append((path, getattr(message, name)))
    return changed


def _fields(
    path: str, kind: str, schedule: Any, names: Mapping[str, Sequence[str]], name_in_entries: str
) -> Iterator[tuple[Any, str, str]]:
    """The message, name and path of each field of a schedule.

    Args:
        path: of the schedule, as `learning_rate_of` gives it; so are kind and schedule.
        kind: of the schedule.
        schedule: the message.
        names: names of the fields by kind.
        name_in_entries: the name of the field in each entry of a manual schedule.
    """
    for name in names.get(kind, ()):
        yield schedule, name, f"{path}.{name}"
    if kind == "manual_step_learning_rate":
        for index, entry in enumerate(schedule.schedule):
            yield entry, name_in_entries, f"{path}.schedule[{index}].{name_in_entries}"


def _round_rate(rate: float) -> float:
    """A rate of six significant digits, which hides that the proto stores float32."""
    return float(f"{rate:.6g}")
