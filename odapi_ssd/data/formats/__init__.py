"""Annotation formats, one module each: recognize a folder, read it into a `Dataset`.

A format is an `AnnotationFormat` (`registry` says what its parts take and return) that is
registered here; one that can be written too has a writer (`writing`). What a reader needs beside
its own parser is in `data/`: `ImageIndex` finds images by the names in annotations, `file_names`
says which names are safe to use.
"""

from odapi_ssd.data.formats import (
    coco,
    coco_writer,
    csv_boxes,
    cvat,
    labelme,
    tfrecord,
    tfrecord_dataset,
    voc,
    voc_writer,
    yolo,
    yolo_writer,
)
from odapi_ssd.data.formats.registry import (
    AnnotationFormat,
    format_names,
    read_dataset,
    recognizing_formats,
    register,
)
from odapi_ssd.data.formats.writing import find_writer, register_writer, writer_names

__all__ = [
    "AnnotationFormat",
    "find_writer",
    "format_names",
    "read_dataset",
    "recognizing_formats",
    "register",
    "writer_names",
]

register(voc.FORMAT)
register(coco.FORMAT)
register(yolo.FORMAT)
register(csv_boxes.FORMAT)
register(labelme.FORMAT)
register(cvat.FORMAT)
register(tfrecord_dataset.FORMAT)

register_writer("tfrecord", tfrecord.TfRecordWriter)
register_writer("voc", voc_writer.VocWriter)
register_writer("yolo", yolo_writer.YoloWriter)
register_writer("coco", coco_writer.CocoWriter)
