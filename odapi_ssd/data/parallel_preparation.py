"""The images of a conversion, prepared in worker processes or by a runner, and yielded in order."""

import contextlib
import functools
import itertools
from collections.abc import Generator

from odapi_ssd.data.beam.writer import RunnerWriter
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFault
from odapi_ssd.data.formats.writing import DatasetWriter
from odapi_ssd.data.preparation import PreparedExample, prepare_packed_example
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.data.workers import WorkerPool, count_cores
from odapi_ssd.progress import Progress

__all__ = ["prepare_images"]

# Starting a worker costs more than checking this many images.
_MIN_IMAGES_PER_WORKER = 200


def prepare_images(
    dataset: Dataset,
    plan: SplitPlan,
    options: ConversionOptions,
    progress: Progress,
    pool: WorkerPool,
    writer: DatasetWriter | None,
) -> Generator[PreparedExample | ExampleFault, None, None]:
    """Prepares the images of all splits in order, without those that have no file or annotation.

    Args:
        dataset: the dataset.
        plan: which of its images, in which order.
        options: how they are prepared, and by how many workers.
        progress: advances by each image.
        pool: is closed at the end.
        writer: encodes them; None for images that are checked only.
    """
    keys = itertools.chain.from_iterable(plan.splits.values())
    keys_in_order = [key for key in keys if key in dataset.images]
    num_images = len(keys_in_order)
    num_workers = options.num_workers or min(
        count_cores(), -(-num_images // _MIN_IMAGES_PER_WORKER)
    )
    if options.runner is not None and isinstance(writer, RunnerWriter):
        yield from writer.prepare(
            dataset, plan.splits, options.for_examples(), options.runner, options.worker_paths
        )
        return
    prepare = functools.partial(
        prepare_packed_example,
        options=options.for_examples(),
        encode=writer.encode if writer else None,
        find_lost=writer.lost if writer else None,
    )
    packed = map(dataset.packed_image, keys_in_order)
    examples = pool.map_in_order(prepare, packed, max_workers=min(num_workers, num_images))
    with contextlib.closing(pool), contextlib.closing(examples):
        for num_done, example in enumerate(examples, start=1):
            progress.advance(num_done, num_images)
            yield example
