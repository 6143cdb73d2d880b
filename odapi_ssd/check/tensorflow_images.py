"""Decodes images exactly as training does, to find those that TensorFlow refuses.

The API's decoder (`tfexample_decoder.Image` of tf_slim) takes `tf.io.decode_jpeg` for what begins
like a JPEG and `tf.image.decode_image` for everything else, both with three channels, and needs
three dimensions.

Images are decoded in a session of its own, without a GPU: a first eager operation would take the
memory of all GPUs, in each of the worker processes that call this.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

from odapi_ssd.compat import import_tensorflow

__all__ = ["describe_refusal"]

_JPEG = b"\xff\xd8\xff"
_TOO_LARGE = ("too large", "exceeds")


def describe_refusal(encoded: bytes, image_hw: tuple[int, int] | None = None) -> str | None:
    """Why training could not use an image.

    Args:
        encoded: the content of an image file.
        image_hw: the height and width that the image is taken to have; None for any.

    Returns:
        What follows the image's name in a message; None if TensorFlow decodes it.
    """
    with _native_messages_hidden():
        shape = _decoder()(encoded)
    if isinstance(shape, str):
        return shape
    if len(shape) != 3:
        return "TensorFlow decodes it as an animation, which training cannot use"
    if image_hw is not None and shape[:2] != image_hw:
        return (
            f"TensorFlow decodes {shape[1]}x{shape[0]} pixels of it, expected "
            f"{image_hw[1]}x{image_hw[0]}"
        )
    return None


@functools.cache
def _decoder() -> Callable[[bytes], tuple[int, ...] | str]:
    """Takes an image's content; returns its shape, or why it has none."""
    tf = import_tensorflow()
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        content = v1.placeholder(tf.string, [])
        jpeg_shape = tf.shape(tf.io.decode_jpeg(content, channels=3))
        other_shape = tf.shape(tf.image.decode_image(content, channels=3))
    options: dict[str, Any] = {"device_count": {"GPU": 0}, "inter_op_parallelism_threads": 1}
    session = v1.Session(graph=graph, config=v1.ConfigProto(**options))

    def decode(encoded: bytes) -> tuple[int, ...] | str:
        shape = jpeg_shape if encoded.startswith(_JPEG) else other_shape
        try:
            return tuple(int(side) for side in session.run(shape, {content: encoded}))
        except tf.errors.OpError as error:
            if any(words in (error.message or "") for words in _TOO_LARGE):
                return "it is too large for TensorFlow"
            return "TensorFlow does not decode it: its data is damaged, incomplete or no image"

    return decode


@contextlib.contextmanager
def _native_messages_hidden() -> Iterator[None]:
    """Keeps the image libraries' remarks on damaged data off the terminal.

    They write to the file descriptor; no log level stops them.
    """
    kept, silent = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silent, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silent)
