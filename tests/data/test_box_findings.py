from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.box_findings import OddBoxes, find_odd_boxes


def test_odd_boxes_name_annotation_object_and_class():
    objects = [
        AnnotatedObject(1, "dog", (0, 0, 10, 10)),
        AnnotatedObject(3, "dog", (0, 0, 10, 10)),
        AnnotatedObject(4, "cat", (0, 0, 10, 10)),
        AnnotatedObject(5, "cat", (0, 0, 0.1, 10)),
    ]
    boxes = [(0, 0, 1, 1)] * 3 + [(0, 0, 1, 0.001)]
    odd = find_odd_boxes("a.xml", objects, boxes)
    found = [[(one.file, one.object, one.name) for one in kind] for kind in vars(odd).values()]
    assert found == [[("a.xml", 5, "cat")], [("a.xml", 3, "dog")], [("a.xml", 4, "cat")]]


def test_an_image_without_objects():
    assert find_odd_boxes("a.xml", [], []) == OddBoxes()
