"""A config that is being made, with a list of what was set in it."""

from dataclasses import dataclass, field
from typing import Any

from odapi_ssd.config.overrides import set_field

__all__ = ["ConfigDraft"]


@dataclass
class ConfigDraft:
    """A config in the making.

    Attributes:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        changes: path and new value of each field that was set, in order.
        notes: what the user should know, a sentence each.
    """

    config: Any
    changes: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def set(self, path: str, value: object) -> None:
        """Sets a field, as `--set path=value` does, and lists the change.

        Raises:
            OdapiError: there is no such field, or the value is not of its type.
        """
        change = set_field(self.config, f"{path}={value}")
        self.changes.append((path, str(value)))
        for dropped in change.replaced:
            self.notes.append(f"{dropped} was dropped: only one of it and {path} can be set.")
