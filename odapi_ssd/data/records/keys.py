"""The feature keys of a record.

They are those that `object_detection.dataset_tools.create_pascal_tf_record` writes, and
`create_coco_tf_record` beside them, and that the API's `TfExampleDecoder` reads.
"""

HEIGHT = "image/height"
WIDTH = "image/width"
FILENAME = "image/filename"
SOURCE_ID = "image/source_id"
SHA256 = "image/key/sha256"
ENCODED = "image/encoded"
FORMAT = "image/format"

# Lists with one value for each object.
YMIN = "image/object/bbox/ymin"
XMIN = "image/object/bbox/xmin"
YMAX = "image/object/bbox/ymax"
XMAX = "image/object/bbox/xmax"
BOX_YXYX = (YMIN, XMIN, YMAX, XMAX)
CLASS_TEXT = "image/object/class/text"
CLASS_LABEL = "image/object/class/label"
DIFFICULT = "image/object/difficult"
TRUNCATED = "image/object/truncated"
VIEW = "image/object/view"

# Those of `object_detection.dataset_tools.create_coco_tf_record`.
IS_CROWD = "image/object/is_crowd"
AREA = "image/object/area"
MASK = "image/object/mask"
