"""Pipeline configs as text, and the assignments of `--set`."""

import random
from pathlib import Path
from typing import Any

from odapi_ssd.check.report import check_config
from odapi_ssd.config.differences import find_differences
from odapi_ssd.config.files import config_to_text, load_config, parse_config, save_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.configure.run import ConfigureOptions, configure
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError, printable_lines
from tools.fuzz.kinds.files import forget_input, read_tree, write_tree
from tools.fuzz.mutations.byte_strings import mutate_bytes
from tools.fuzz.mutations.texts import NUMBERS, WORDS, encode_oddly, mutate_text
from tools.fuzz.target import Observation

__all__ = ["Target", "write_seeds"]

_RECORDS, _CONFIG, _ASSIGNMENTS = "records", "pipeline.config", "assignments.txt"
_PATHS = {
    "train_input_reader.label_map_path": f"{_RECORDS}/label_map.pbtxt",
    "train_input_reader.tf_record_input_reader.input_path": f"{_RECORDS}/train.record-*",
    "eval_input_reader[0].label_map_path": f"{_RECORDS}/label_map.pbtxt",
    "eval_input_reader[0].tf_record_input_reader.input_path": f"{_RECORDS}/val.record-*",
    "train_config.fine_tune_checkpoint": "",
}
_SEPARATOR = "\n\0\n"  # between assignments, which may be of several lines


def write_seeds(folder: Path) -> None:
    """All templates, for the records of a drawn dataset."""
    write_shapes(folder / "data", 8, seed=9)
    options = ConversionOptions(num_shards=1, num_workers=1)
    convert_dataset(folder / "data", folder / _RECORDS, options)
    forget_input(folder / _RECORDS)
    for name in template_names():
        config = load_config(find_template(name), [f"{p}={value}" for p, value in _PATHS.items()])
        save_config(config, folder / "configs" / f"{name}.config")


class Target:
    """Checks a damaged config, with assignments, and configures with it as a template."""

    def __init__(self, seeds: Path, with_tensorflow: bool):
        import odapi_ssd

        odapi_ssd.register()
        configs = read_tree(seeds / "configs")
        self._configs = {name: content.decode() for name, content in configs.items()}
        self._fields = {name: _leaf_paths(parse_config(t)) for name, t in self._configs.items()}
        self._records = {
            f"{_RECORDS}/{name}": data for name, data in read_tree(seeds / _RECORDS).items()
        }

    def make(self, generator: random.Random) -> str:
        """Writes a config and assignments, and the records that it names."""
        name, text = generator.choice(list(self._configs.items()))
        content, assignments = text.encode(), list[str]()
        draw = generator.random()
        if draw < 0.1:
            content = mutate_bytes(generator, content)
        elif draw < 0.13:
            content = encode_oddly(generator, text)
        elif draw < 0.55:
            others = list(self._configs.values())
            content = mutate_text(generator, text, others).encode("utf-8", "surrogatepass")
        else:
            fields = self._fields[name]
            for _ in range(generator.choice((1, 1, 2, 3))):
                assignments.append(_assignment(generator, fields))
        write_tree({**self._records, _CONFIG: content})
        Path(_ASSIGNMENTS).write_bytes(
            _SEPARATOR.join(assignments).encode("utf-8", "surrogatepass")
        )
        return f"{name}, {assignments or 'its text'}"

    def run(self) -> Observation:
        """Loads, checks, saves, and configures."""
        observed = Observation()
        text = Path(_ASSIGNMENTS).read_bytes().decode("utf-8", "surrogatepass")
        assignments = text.split(_SEPARATOR) if text else []
        for step in (_check, _configure):
            try:
                step(assignments, observed)
            except OdapiError as error:
                observed.refuse([str(error)])
        return observed


def _check(assignments: list[str], observed: Observation) -> None:
    config = load_config(_CONFIG, assignments)
    save_config(config, "saved.config", "A header.")
    saved = load_config("saved.config")
    find_differences(config, saved, "")
    assert config_to_text(saved) == config_to_text(config)  # as bytes, NaN has several forms
    report = check_config(config)
    observed.messages += map(str, report.warnings)
    # As the console prints them.
    observed.messages += (printable_lines(f"{name}: {value}") for name, value in report.facts)
    observed.refuse(list(map(str, report.problems)))


def _configure(assignments: list[str], observed: Observation) -> None:
    options = ConfigureOptions(
        template=_CONFIG,
        records_dir=Path(_RECORDS),
        output_path=Path("configured.config"),
        assignments=tuple(assignments),
        batch_size=3,
        num_steps=77,
    )
    draft = configure(options)
    observed.messages += map(printable_lines, draft.notes)
    load_config("configured.config")


def _leaf_paths(config: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Path and value of each scalar that is set in a message."""
    paths = []
    for field, value in config.ListFields():
        items = enumerate(value) if field.is_repeated else [(None, value)]
        for index, item in items:
            path = f"{prefix}{field.name}" + ("" if index is None else f"[{index}]")
            if field.message_type is not None:
                paths += _leaf_paths(item, f"{path}.")
            else:
                paths.append((path, str(item)))
    return paths


def _assignment(generator: random.Random, fields: list[tuple[str, str]]) -> str:
    path, value = generator.choice(fields)
    draw = generator.random()
    if draw < 0.6:
        value = generator.choice((*NUMBERS, *NUMBERS, *WORDS))
    elif draw < 0.7:
        value = generator.choice(("{}", "{ x: 1 }", "[]", "[1, 2]", "[{}]", "{" * 200, '"', "a,b"))
        path = path.rpartition(".")[0] or path
    elif draw < 0.8:
        value = generator.choice(fields)[1]
    else:
        return mutate_text(generator, f"{path}={value}", most=2)
    return f"{path}={value}"
