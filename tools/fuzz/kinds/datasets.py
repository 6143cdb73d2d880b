"""VOC datasets: XML annotations, lists of splits, label maps, an earlier `dataset.json`."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.findings import describe_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.label_map import label_map_to_text, make_label_map, read_items
from odapi_ssd.data.records.contents import read_contents
from odapi_ssd.data.summary import DATASET_FILE, LABEL_MAP_FILE, DatasetSummary
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError, printable_lines
from odapi_ssd.outputs.text_file import write_text
from tools.fuzz.kinds.files import forget_input, read_tree, write_tree
from tools.fuzz.mutations.byte_strings import mutate_bytes
from tools.fuzz.mutations.texts import NUMBERS, WORDS, encode_oddly, mutate_text
from tools.fuzz.target import Observation

__all__ = ["Target", "write_seeds"]

_DATA, _OUT, _LABEL_MAP = "data", "out", "given.pbtxt"
_NUM_IMAGES = 4
_TAGS = ("xmin", "ymin", "xmax", "ymax", "width", "height", "truncated", "difficult", "name",
         "filename", "pose", "depth")  # fmt: skip
_DTDS = (
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd">',
    "<!DOCTYPE a [" + '<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9)) + "]>",
    '<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]>',
)  # fmt: skip
_ENTITIES = ("&b;", "&a8;", "&#0;", "&#x110000;", "&#xD800;", "&lt;b&gt;",
             "<![CDATA[<b>]]>", '<xi:include href="/etc/passwd"/>', "<?xml version='1.0'?>",
             "<!-- -- -->")  # fmt: skip


def write_seeds(folder: Path) -> None:
    """A drawn dataset and its conversion."""
    data = folder / _DATA
    write_shapes(data, _NUM_IMAGES, seed=5)
    convert_dataset(data, folder / _OUT, ConversionOptions(num_workers=1))
    (folder / _LABEL_MAP).write_bytes((folder / _OUT / LABEL_MAP_FILE).read_bytes())
    forget_input(folder / _OUT)


class Target:
    """Converts a dataset of which one file is damaged."""

    def __init__(self, seeds: Path, with_tensorflow: bool):
        self._files = read_tree(seeds)

    def make(self, generator: random.Random) -> str:
        """Writes a dataset, with or without an earlier conversion and a label map."""
        files = {name: data for name, data in self._files.items() if name.startswith(_DATA)}
        draw = generator.random()
        if draw < 0.65:
            done = _damage(generator, files, ".xml", _mutate_xml)
        elif draw < 0.75:
            done = _damage(generator, files, ".txt", _mutate_plain)
        elif draw < 0.85:
            files[_LABEL_MAP] = self._files[_LABEL_MAP]
            done = _damage(generator, files, ".pbtxt", _mutate_plain)
        elif draw < 0.95:
            files |= {n: data for n, data in self._files.items() if n.startswith(_OUT)}
            done = _damage(generator, files, ".json", _mutate_json)
        else:
            done = _rename(generator, files)
        write_tree(files)
        return done

    def run(self) -> Observation:
        """Converts it, and reads it as `label-map` and `configure` do."""
        observed = Observation()
        label_map = Path(_LABEL_MAP) if Path(_LABEL_MAP).exists() else None
        for step in (_make_label_map, _load_earlier, lambda: _convert(label_map, observed)):
            try:
                step()
            except OdapiError as error:
                observed.refuse([str(error)])
        return observed


def _convert(label_map: Path | None, observed: Observation) -> None:
    """Converts, and makes sure of what a conversion promises."""
    options = ConversionOptions(label_map_path=label_map, num_workers=1, overwrite=True)
    summary = convert_dataset(Path(_DATA), Path(_OUT), options)
    observed.messages += map(printable_lines, summary.warnings)  # as the console prints them
    text = Path(_OUT, DATASET_FILE).read_text(encoding="utf-8")
    json.loads(text, parse_constant=_refuse_constant)
    assert DatasetSummary.load(Path(_OUT)) == summary
    assert {item.name: item.class_id for item in read_items(Path(_OUT, LABEL_MAP_FILE))} == dict(
        summary.label_map
    )
    contents = read_contents([(str(path), None) for path in sorted(Path(_OUT).glob("*.record-*"))])
    assert not contents.broken, contents.broken
    assert not contents.outside, contents.outside
    assert not contents.flat
    assert contents.num_read >= sum(one.num_examples for one in summary.splits.values())


def _refuse_constant(name: str) -> NoReturn:
    raise AssertionError(f"dataset.json holds {name}, which is not JSON")


def _make_label_map() -> None:
    dataset = read_dataset(Path(_DATA))
    dataset.check_annotations()
    label_map = make_label_map(dataset.class_names(), dataset.declared_label_map)
    write_text("made.pbtxt", label_map_to_text(label_map))
    assert {item.name: item.class_id for item in read_items(Path("made.pbtxt"))} == label_map
    describe_dataset(dataset)


def _load_earlier() -> None:
    if Path(_OUT).exists():
        DatasetSummary.load(Path(_OUT))


_Mutation = Callable[[random.Random, str, list[str]], bytes]


def _damage(
    generator: random.Random, files: dict[str, bytes], ending: str, mutate: _Mutation
) -> str:
    """Damages one of the files with an ending, in place."""
    names = [name for name in files if name.endswith(ending)]
    name = generator.choice(names)
    others = [files[other].decode() for other in names]
    if generator.random() < 0.15:
        files[name] = mutate_bytes(generator, files[name], [files[other] for other in names])
    else:
        files[name] = mutate(generator, files[name].decode(), others)
    return f"{name} damaged"


def _mutate_plain(generator: random.Random, text: str, others: list[str]) -> bytes:
    text = mutate_text(generator, text, others)
    if generator.random() < 0.1:
        return encode_oddly(generator, text)
    return text.encode("utf-8", "surrogatepass")


def _mutate_json(generator: random.Random, text: str, others: list[str]) -> bytes:
    """Replaces a value by one of another type, or mutates the text."""
    if generator.random() < 0.4:
        return _mutate_plain(generator, text, others)
    root = json.loads(text)
    parents = [root]
    for parent in parents:
        children = parent.values() if isinstance(parent, dict) else parent
        parents += [child for child in children if isinstance(child, dict | list)]
    parent = generator.choice([one for one in parents if one])
    key = generator.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    if generator.random() < 0.2:
        del parent[key]
    else:
        parent[key] = generator.choice(
            (None, True, -1, 0, 1.5, 1e400, 2**70, "", "x", "../x", [], [1], {}, {"x": 1}, [[]])
        )
    return json.dumps(root).encode()


def _mutate_xml(generator: random.Random, text: str, others: list[str]) -> bytes:
    action = generator.randrange(8)
    if action <= 1:
        text = _set_element(generator, text)
    elif action == 2:
        text = _change_element(generator, text)
    elif action == 3:
        text = _nest(generator, text)
    elif action == 4:
        text = _declare(generator, text)
    elif action == 5:
        return encode_oddly(generator, _odd_declaration(generator) + text)
    else:
        return _mutate_plain(generator, text, others)
    if generator.random() < 0.3:
        return _mutate_plain(generator, text, others)
    return text.encode("utf-8", "surrogatepass")


def _find(generator: random.Random, text: str, tag: str) -> tuple[int, int]:
    """Where the content of one element with a tag is; the text's end if there is none."""
    starts = [n for n in range(len(text)) if text.startswith(f"<{tag}>", n)]
    if not starts:
        return len(text), len(text)
    start = generator.choice(starts) + len(tag) + 2
    return start, max(text.find(f"</{tag}>", start), start)


def _set_element(generator: random.Random, text: str) -> str:
    tag = generator.choice(_TAGS)
    start, end = _find(generator, text, tag)
    value = generator.choice((*NUMBERS, *NUMBERS, *WORDS))
    return text[:start] + value.replace("<", "&lt;") + text[end:]


def _change_element(generator: random.Random, text: str) -> str:
    """Removes, repeats or renames a whole element."""
    tag = generator.choice((*_TAGS, "object", "bndbox", "size", "annotation"))
    start, end = _find(generator, text, tag)
    start, end = max(start - len(tag) - 2, 0), end + len(tag) + 3
    element = text[start:end]
    other = generator.choice(("x", "object", "part", "a:b", "BNDBOX", "é"))
    new = generator.choice(
        ("", element * 2, element * 200, element.replace(tag, other), f"<part>{element}</part>")
    )
    return text[:start] + new + text[end:]


def _nest(generator: random.Random, text: str) -> str:
    depth = generator.choice((10, 255, 257, 1000, 20_000))
    tag = generator.choice(("a", "object", "annotation"))
    start, end = _find(generator, text, generator.choice(("annotation", "object", "name")))
    inside = text[start:end]
    return text[:start] + f"<{tag}>" * depth + inside + f"</{tag}>" * depth + text[end:]


def _declare(generator: random.Random, text: str) -> str:
    start, end = _find(generator, text, generator.choice(_TAGS))
    text = text[:start] + generator.choice(_ENTITIES) + text[end:]
    return (generator.choice(_DTDS) if generator.random() < 0.7 else "") + text


def _odd_declaration(generator: random.Random) -> str:
    encoding = generator.choice(("utf-8", "utf-16", "ascii", "latin-1", "ebcdic", "x", ""))
    version = generator.choice(("1.0", "1.0", "1.1", "2.0", ""))
    return f'<?xml version="{version}" encoding="{encoding}"?>'


def _rename(generator: random.Random, files: dict[str, bytes]) -> str:
    """Gives a file another name, and sometimes leaves it where it was too."""
    name = generator.choice(list(files))
    content = files[name] if generator.random() < 0.3 else files.pop(name)
    folder, _, base = name.rpartition("/")
    stem, _, ending = base.rpartition(".")
    new = generator.choice(
        (stem.upper() + "." + ending, f"{stem}.{ending.upper()}", f".{base}", f"{stem}\n.{ending}",
         f"{stem}\udcff.{ending}", f"{stem}.jpeg", f"a\x1b[2J.{ending}", f"[*].{ending}",
         f"{'é' * 100}.{ending}", f"sub/{base}", f"-{base}", f"{stem} .{ending}", ending)
    )  # fmt: skip
    files[f"{folder}/{new}"] = content
    return f"{name} renamed to {new!r}"
