"""Learning-rate schedules of a `TrainConfig`: finds, stretches and scales them."""

from collections.abc import Callable
from typing import Any

__all__ = ["learning_rate_of", "scale_rates", "stretch_steps"]

# Fields of each schedule that are numbers of steps, and those that are rates.
_STEP_FIELDS = {
    "exponential_decay_learning_rate": ("decay_steps", "burnin_steps"),
    "cosine_decay_learning_rate": ("total_steps", "warmup_steps", "hold_base_rate_steps"),
}
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
    """The schedule that is set.

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
    """Moves every step of the schedule in proportion, as training grows from old to new steps.

    Args:
        train_config: a `train_pb2.TrainConfig`; its schedule is changed in place.
        old_steps: what the schedule was made for, above 0.
        new_steps: what it is for now.

    Returns:
        Path and new value of each field that was changed.
    """
    found = learning_rate_of(train_config)
    if found is None or old_steps <= 0 or old_steps == new_steps:
        return []
    path, kind, schedule = found
    changed: list[tuple[str, int]] = []
    for name in _STEP_FIELDS.get(kind, ()):
        is_length = name in ("total_steps", "decay_steps")
        _stretch_field(schedule, name, path, old_steps, new_steps, is_length, changed)
    if kind == "manual_step_learning_rate":
        previous = 0
        for index, entry in enumerate(schedule.schedule):
            _stretch_field(
                entry, "step", f"{path}.schedule[{index}]", old_steps, new_steps, True, changed
            )
            entry.step = max(entry.step, previous + 1)  # boundaries must grow
            previous = entry.step
    return changed


def scale_rates(train_config: Any, factor: float) -> list[tuple[str, float]]:
    """Multiplies every rate of the schedule; returns path and new value of each that changed."""
    found = learning_rate_of(train_config)
    if found is None or factor == 1:
        return []
    path, kind, schedule = found
    changed: list[tuple[str, float]] = []

    def scale(message: Any, name: str, message_path: str) -> None:
        value = getattr(message, name)
        if value:
            setattr(message, name, _round_rate(value * factor))
            changed.append((f"{message_path}.{name}", getattr(message, name)))

    _for_each_rate(kind, schedule, path, scale)
    return changed


def _stretch_field(
    message: Any,
    name: str,
    path: str,
    old_steps: int,
    new_steps: int,
    is_length: bool,
    changed: list[tuple[str, int]],
) -> None:
    value = getattr(message, name)
    stretched = max(round(value * new_steps / old_steps), 1 if is_length else 0)
    if stretched != value:
        setattr(message, name, stretched)
        changed.append((f"{path}.{name}", stretched))


def _for_each_rate(
    kind: str, schedule: Any, path: str, visit: Callable[[Any, str, str], None]
) -> None:
    for name in _RATE_FIELDS.get(kind, ()):
        visit(schedule, name, path)
    if kind == "manual_step_learning_rate":
        for index, entry in enumerate(schedule.schedule):
            visit(entry, "learning_rate", f"{path}.schedule[{index}]")


def _round_rate(rate: float) -> float:
    """To six significant digits, which hides that the proto stores float32."""
    return float(f"{rate:.6g}")
