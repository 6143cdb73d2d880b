"""Annotation formats, one module each: recognize a folder, read it into a `Dataset`.

A format is an `AnnotationFormat` (`registry` says what its parts take and return) that is
registered here. What a reader needs beside its own parser is in `data/`: `ImageIndex` finds images
by the names in annotations, `file_names` says which names are safe to use.
"""

from odapi_ssd.data.formats import voc
from odapi_ssd.data.formats.registry import AnnotationFormat, read_dataset, register

__all__ = ["AnnotationFormat", "read_dataset", "register"]

register(voc.FORMAT)
