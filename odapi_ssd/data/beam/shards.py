"""The work on one shard, which a worker does on its own: it reads, checks and writes."""

import functools
import pickle
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.examples import ExampleFault, ExampleOptions
from odapi_ssd.data.image_store import unpack_image
from odapi_ssd.data.masks import IndexedMask
from odapi_ssd.data.preparation import PreparedExample, prepare_example
from odapi_ssd.data.records.framing import write_record
from odapi_ssd.data.records.writer import encode_example

__all__ = ["ShardTask", "convert_shard", "read_outcomes", "write_task"]


@dataclass(frozen=True)
class ShardTask:
    """What a worker is told.

    Attributes:
        shard_idx: the shard's place in its split, from 0; it is the payload of what is reported.
        images: those of the shard, packed by `image_store`, in its order.
        options: how they are checked.
        label_map: ids by class name.
        shard: the file to write, as workers see it; None for images that are checked only.
        work_dir: the folder for what is not yet complete, as workers see it.
        outcomes: the file for what is reported, as workers see it.
        paths: how workers find the images.
    """

    shard_idx: int
    images: tuple[bytes, ...]
    options: ExampleOptions
    label_map: Mapping[str, int]
    shard: str | None
    work_dir: str
    outcomes: str
    paths: WorkerPaths


def write_task(task: ShardTask, path: Path) -> None:
    """Writes a task for `convert_shard`. Raises OSError."""
    with path.open("wb") as file:
        pickle.dump(task, file)


def read_outcomes(path: Path) -> list[PreparedExample | ExampleFault]:
    """What `convert_shard` has reported, one for each image, in order. Raises OSError."""
    # Pickle is safe here: the file is in a folder that this run of the program has just made, and
    # whoever could write there could replace the records themselves.
    with path.open("rb") as file:
        outcomes: list[PreparedExample | ExampleFault] = pickle.load(file)
    return outcomes


def convert_shard(task_path: str) -> None:
    """Converts one shard; may be called again for the same one, also at the same time.

    Args:
        task_path: a file of `write_task`, as workers see it.

    Raises:
        OSError: a file system failed.
    """
    from apache_beam.io.filesystems import FileSystems

    with FileSystems.open(task_path) as file:
        task: ShardTask = pickle.load(file)
    part = f"{task.work_dir}/{uuid.uuid4().hex}.part"
    with tempfile.TemporaryDirectory(prefix="odapi-ssd-") as scratch:
        images = (
            _localized(unpack_image(packed), task.paths, Path(scratch)) for packed in task.images
        )
        outcomes = _write_examples(task, images, part if task.shard else None)
    if task.shard:
        FileSystems.rename([part], [task.shard])
    with FileSystems.create(f"{part}.outcomes") as file:
        pickle.dump(outcomes, file)
    FileSystems.rename([f"{part}.outcomes"], [task.outcomes])


def _write_examples(
    task: ShardTask, images: Iterator[AnnotatedImage], part: str | None
) -> list[PreparedExample | ExampleFault]:
    from apache_beam.io.filesystems import FileSystems

    encode = functools.partial(encode_example, label_map=task.label_map) if part else None
    file: Any = FileSystems.create(part) if part else None
    outcomes: list[PreparedExample | ExampleFault] = []
    try:
        for annotated in images:
            prepared = prepare_example(annotated, task.options, encode)
            if isinstance(prepared, ExampleFault):
                outcomes.append(prepared)
                continue
            outcomes.append(replace(prepared, payload=task.shard_idx))
            if file is not None:
                write_record(file, prepared.payload)
    finally:
        if file is not None:
            file.close()
    return outcomes


def _localized(annotated: AnnotatedImage, paths: WorkerPaths, scratch: Path) -> AnnotatedImage:
    """An image whose files are where the worker can open them: copied, if they are remote."""
    path = _local(annotated.path, paths, scratch / "image")
    objects = tuple(
        replace(one, mask=replace(one.mask, path=_local(one.mask.path, paths, scratch / "mask")))
        if isinstance(one.mask, IndexedMask)
        else one
        for one in annotated.annotation.objects
    )
    return replace(
        annotated,
        path=path,
        name=annotated.record_name,
        annotation=replace(annotated.annotation, objects=objects),
    )


def _local(path: Path, paths: WorkerPaths, copy: Path) -> Path:
    seen = paths.seen_by_workers(path)
    if "://" not in seen:
        return Path(seen)
    from apache_beam.io.filesystems import FileSystems

    copy.mkdir(exist_ok=True)
    local = copy / path.name
    with FileSystems.open(seen) as source, local.open("wb") as target:
        shutil.copyfileobj(source, target)
    return local
