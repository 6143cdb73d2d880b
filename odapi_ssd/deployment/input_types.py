"""The inputs that an exported model can take, by the names of the API's `exporter_lib_v2`."""

__all__ = ["INPUT_TYPES"]

INPUT_TYPES = (
    "image_tensor",
    "encoded_image_string_tensor",
    "tf_example",
    "float_image_tensor",
    "image_and_boxes_tensor",
)
