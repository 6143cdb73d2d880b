"""Images in every format and mode that `convert` and `detect` take."""

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from odapi_ssd.check.tensorflow_images import describe_refusal
from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.examples import Example, ExampleFault, ExampleOptions, check_example
from odapi_ssd.data.records.contents import RecordContents
from odapi_ssd.data.records.reader import Record
from odapi_ssd.data.records.writer import encode_example
from odapi_ssd.data.synthetic.drawing import draw_scene
from odapi_ssd.deployment.image_files import load_image
from tools.fuzz.kinds.files import read_tree
from tools.fuzz.mutations.images import mutate_image
from tools.fuzz.target import Observation

__all__ = ["Target", "write_seeds"]

_SIZE_WH = (48, 40)
_MAX_SIDE = 32
_OBJECT = AnnotatedObject(1, "circle", (4.0, 5.0, 30.0, 31.0))
_AGREED = "accepted, and decoded by TensorFlow"
_BEYOND_FAST_CHECK = "accepted by the fast check, refused by --verify full"


def write_seeds(folder: Path) -> None:
    """One drawn scene in 30 ways to store it."""
    scene, _ = draw_scene(random.Random(0))
    for name, content in _encoded(scene.resize(_SIZE_WH)):
        (folder / name).write_bytes(content)


def _encoded(scene: Image.Image) -> Iterator[tuple[str, bytes]]:
    exif = Image.Exif()
    exif[0x0112] = 6
    gray16 = Image.new("I;16", _SIZE_WH, 40_000)
    transparent = scene.convert("RGBA")
    transparent.putalpha(100)
    frames = [scene.rotate(90 * turn) for turn in (1, 2)]
    variants: tuple[tuple[str, Image.Image, dict[str, Any]], ...] = (
        ("baseline.jpg", scene, {}),
        ("progressive.jpg", scene, {"progressive": True}),
        ("full.jpg", scene, {"subsampling": 0, "quality": 95}),
        ("restart.jpg", scene, {"restart_marker_rows": 1}),
        ("gray.jpg", scene.convert("L"), {}),
        ("gray_progressive.jpg", scene.convert("L"), {"progressive": True, "quality": 40}),
        ("gray_restart.jpg", scene.convert("L"), {"restart_marker_blocks": 3, "exif": exif}),
        ("cmyk.jpg", scene.convert("CMYK"), {}),
        ("rotated.jpg", scene, {"exif": exif}),
        ("commented.jpg", scene, {"comment": b"a comment", "icc_profile": bytes(200)}),
        ("rgb.png", scene, {}),
        ("rgba.png", transparent, {}),
        ("gray.png", scene.convert("L"), {}),
        ("gray_alpha.png", scene.convert("LA"), {}),
        ("gray16.png", gray16, {}),
        ("palette.png", scene.convert("P"), {}),
        ("bits.png", scene.convert("1"), {}),
        ("rotated.png", scene, {"exif": exif}),
        ("animated.png", scene, {"save_all": True, "append_images": frames}),
        ("rgb.bmp", scene, {}),
        ("palette.bmp", scene.convert("P"), {}),
        ("bits.bmp", scene.convert("1"), {}),
        ("rgba.bmp", transparent, {}),
        ("still.gif", scene.convert("P"), {}),
        ("animated.gif", scene, {"save_all": True, "append_images": frames}),
        ("lossy.webp", scene, {}),
        ("lossless.webp", scene, {"lossless": True}),
        ("rgba.webp", transparent, {"exif": exif, "icc_profile": bytes(200)}),
        ("animated.webp", scene, {"save_all": True, "append_images": frames}),
    )
    for name, image, options in variants:
        buffer = io.BytesIO()
        ending = name.rpartition(".")[2]
        kind = {"jpg": "JPEG"}.get(ending, ending.upper())
        image.save(buffer, kind, **options)
        yield name, buffer.getvalue()


class Target:
    """Checks an image as `convert` does, and loads it as `detect` does."""

    def __init__(self, seeds: Path, with_tensorflow: bool):
        self._seeds = read_tree(seeds)
        self._decode = _decoder() if with_tensorflow else None

    def make(self, generator: random.Random) -> str:
        """Writes one damaged image."""
        name, content = generator.choice(list(self._seeds.items()))
        others = list(self._seeds.values())
        ending = Path(generator.choice((name, name, name, "image.jpg"))).suffix
        Path(f"image{ending}").write_bytes(mutate_image(generator, content, others))
        return f"image{ending} made of {name}"

    def run(self) -> Observation:
        """Checks and loads it."""
        (path,) = Path().glob("image.*")
        observed = Observation()
        try:
            load_image(path, observed.messages.append)
        except OSError as error:  # as its contract says; `detect` names the file
            observed.messages.append(f"{path.name}: {error}")
        annotation = Annotation("image.xml", (_SIZE_WH[1], _SIZE_WH[0]), (_OBJECT,))
        annotated = AnnotatedImage("image", path, annotation)
        found = check_example(annotated)
        if isinstance(found, ExampleFault):
            observed.refuse([found.message])
        else:
            observed.remarks += self._use(found)
        smaller = check_example(annotated, ExampleOptions(max_side=_MAX_SIDE))
        if isinstance(smaller, Example):
            assert max(smaller.image.image_hw) <= _MAX_SIDE
            observed.remarks += self._use(smaller)
        return observed

    def _use(self, example: Example) -> Iterator[str]:
        """Makes a record of it, which must be usable; compares with TensorFlow."""
        serialized = encode_example(example, {_OBJECT.name: 1})
        contents = RecordContents()
        contents.add(Record(serialized, "record"))
        assert not contents.broken, contents.broken
        assert not contents.outside, contents.outside
        with Image.open(io.BytesIO(example.image.encoded)) as image:
            assert (image.mode, image.size[::-1]) == ("RGB", example.image.image_hw)
        if self._decode is None:
            return
        is_refused = describe_refusal(example.image.encoded, example.image.image_hw) is not None
        is_decoded = self._decode(serialized) == (*example.image.image_hw, 3)
        assert is_decoded != is_refused, "--verify full and the API disagree"
        yield _BEYOND_FAST_CHECK if is_refused else _AGREED


def _decoder() -> Callable[[bytes], tuple[int, ...] | None]:
    """The shape of a record's image as the API's input pipeline decodes it; None if it fails."""
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf
    from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder

    api_decoder = TfExampleDecoder()

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def decode(serialized: Any) -> Any:
        return tf.shape(api_decoder.decode(serialized)["image"])

    def shape_of(serialized: bytes) -> tuple[int, ...] | None:
        try:
            return tuple(decode(serialized).numpy().tolist())
        except (tf.errors.OpError, ValueError):
            return None

    return shape_of
