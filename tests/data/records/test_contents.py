import pytest

from odapi_ssd.data.records import keys
from odapi_ssd.data.records.contents import RecordContents, read_contents
from odapi_ssd.data.records.reader import Record
from tests.support.record_files import serialize_example, write_records

JPEG = b"\xff\xd8 an image, for all that is looked at"


def features(boxes_yxyx=(), texts=(), ids=(), encoded=JPEG):
    sides = zip(*boxes_yxyx, strict=True) if boxes_yxyx else [()] * 4
    return {
        **dict(zip(keys.BOX_YXYX, sides, strict=True)),
        keys.CLASS_TEXT: [text.encode() for text in texts],
        keys.CLASS_LABEL: list(ids),
        keys.ENCODED: [] if encoded is None else [encoded],
    }


def contents_of(*records):
    contents = RecordContents()
    usable = [
        contents.add(Record(serialize_example(one), f"r{i}")) for i, one in enumerate(records)
    ]
    return contents, usable


WHOLE = (0.0, 0.0, 1.0, 1.0)


def test_nothing():
    assert read_contents([]) == RecordContents()


def test_counts():
    contents, usable = contents_of(
        features([WHOLE, WHOLE], ["dog", "cat"], [2, 1]),
        features(),
        features([WHOLE], ["dog"], [3]),
    )
    assert usable == [True, True, True]
    assert contents == RecordContents(
        num_read=3,
        num_objects=3,
        max_objects=2,
        texts={"dog": 2, "cat": 1},
        ids_by_text={"dog": {2, 3}, "cat": {1}},
        mask_forms={"": 2},
    )


def test_ids_count_only_where_there_are_no_texts():
    contents, _ = contents_of(features([WHOLE], [], [7]), features([WHOLE], ["dog"], [1]))
    assert contents.bare_ids == {7: 1}


def test_boxes_outside_and_with_zero_area():
    nan = float("nan")
    boxes = [(0, 0, 1.1, 1), (-0.1, 0, 1, 1), (nan, 0, 1, 1), (0.5, 0, 0.5, 1), (0, 0, 1 + 1e-7, 1)]
    contents, usable = contents_of(features([tuple(map(float, box)) for box in boxes], "abcde"))
    assert usable == [True]
    assert contents.outside == [
        "r0: ymin, xmin, ymax, xmax = 0, 0, 1.1, 1",
        "r0: ymin, xmin, ymax, xmax = -0.1, 0, 1, 1",
        "r0: ymin, xmin, ymax, xmax = nan, 0, 1, 1",
    ]
    assert contents.flat == 1


def bmp(bits):
    return b"BM" + bytes(26) + bits.to_bytes(2, "little")


@pytest.mark.parametrize("encoded", [JPEG, b"\x89PNG\r\n", bmp(8), bmp(24), bmp(32)])
def test_images_that_the_api_decodes(encoded):
    assert contents_of(features(encoded=encoded))[1] == [True]


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (None, "nothing"),
        (b"", "no image that the API decodes"),
        (b"GIF89a", "a GIF"),
        (bmp(4), "a BMP with 4 bits per pixel"),
    ],
)
def test_images_that_the_api_refuses(encoded, expected):
    contents, usable = contents_of(features([WHOLE], ["dog"], encoded=encoded))
    assert usable == [False]
    (broken,) = contents.broken
    assert broken.startswith(f"r0 has {expected} under the key image/encoded, expected one JPEG")
    assert contents.num_objects == 1


def test_two_images_in_one_record():
    contents, _ = contents_of({**features(), keys.ENCODED: [JPEG, JPEG]})
    assert contents.broken[0].startswith("r0 has 2 values under")


def refuse_b(encoded):
    return "it is damaged" if encoded.endswith(b"b") else None


def test_images_are_decoded_if_asked_for(write_file):
    records = [
        serialize_example({**features(), keys.ENCODED: [JPEG + end]}) for end in (b"a", b"b")
    ]
    named = serialize_example(
        {**features(), keys.ENCODED: [JPEG + b"b"], keys.FILENAME: [b"x.jpg"]}
    )
    path = write_file(*records, named)
    assert read_contents([(path, None)]).num_decoded == 0
    contents = read_contents([(path, None)], describe_refusal=refuse_b)
    assert contents.num_decoded == 3
    assert contents.broken == [
        f"{path}, record 1 has the image without a name: it is damaged",
        f"{path}, record 2 has the image x.jpg: it is damaged",
    ]


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (0.1, 1), (0.5, 5), (0.51, 6), (1, 10)])
def test_a_share_of_the_images_is_decoded_evenly(write_file, share, expected):
    path = write_file(*[serialize_example(features())] * 10)
    decoded = []
    contents = read_contents(
        [(path, None)], describe_refusal=lambda _: decoded.append(len(decoded)), share_decoded=share
    )
    assert (contents.num_read, contents.num_decoded, len(decoded)) == (10, expected, expected)


def test_forms_of_masks():
    boxes = features([WHOLE, WHOLE], ["dog", "cat"], [2, 1])
    contents, _ = contents_of(
        {**boxes, keys.MASK: [b"1", b"2"]},
        {**boxes, keys.MASK: [b"1"]},
        {**boxes, keys.MASK: [1.0, 0.0, 0.0, 1.0]},
        boxes,
        features(),
    )
    assert contents.mask_forms == {"png": 1, "numerical": 1, "": 2}


def test_lists_of_different_lengths():
    contents, usable = contents_of(features([WHOLE], ["dog", "cat"], [1, 2]))
    assert usable == [False]
    assert contents.broken == [
        "r0 has lists of different lengths: 1 ymin, 1 xmin, 1 ymax, 1 xmax, 2 label, 2 text"
    ]
    assert contents.num_objects == 0


def test_not_an_example(write_file):
    path = write_file(b"\xff\xff\xff", serialize_example(features([WHOLE], ["dog"])))
    contents = read_contents([(path, None)])
    assert contents.broken == [f"{path}, record 0 is not a tf.train.Example"]
    assert (contents.num_read, contents.num_objects) == (2, 1)


def test_as_many_of_each_file_as_asked_for(write_file):
    one = serialize_example(features([WHOLE], ["dog"]))
    first, second = write_file(one, one, one, name="a"), write_file(one, one, name="b")
    assert read_contents([(first, 2), (second, None)]).num_read == 4


def test_the_largest_image_is_that_with_the_most_pixels(tmp_path):
    """2x30 pixels are more than 5x5; a record without a size, or with a negative one, has none."""
    sizes = [([5], [5]), ([2], [30]), ([], []), ([-100], [9]), ([4], [10])]
    records = [
        serialize_example({keys.ENCODED: [b"\xff\xd8"], keys.HEIGHT: height, keys.WIDTH: width})
        for height, width in sizes
    ]
    path = write_records(tmp_path / "a.record", records)
    contents = read_contents([(path, None)])
    assert contents.largest_hw == (2, 30)
    assert contents.largest_where == f"{path}, record 1"
