import pytest

from odapi_ssd.data.faults import Fault, fault_of_line


@pytest.mark.parametrize(
    ("line", "key", "file", "reason"),
    [
        ("a.xml: is not XML: line 1", "a", "a.xml", "is not XML: line 1"),
        ("a: b.xml: no image", "a: b", "a: b.xml", "no image"),
        ("a.xml, object 2: has no name", "a", "a.xml", "object 2: has no name"),
        ("x.json: image 3, object 1: no size", None, "x.json", "image 3, object 1: no size"),
        ("x.json has 3 faults.", "a", "a", "x.json has 3 faults."),
        ("x.json has 3 faults.", None, "x.json has 3 faults.", "x.json has 3 faults."),
    ],
)
def test_file_and_reason_of_a_line(line, key, file, reason):
    fault = fault_of_line(line, key)
    assert fault == Fault(file, line, key)
    assert fault.reason == reason


def test_a_fault_of_what_is_no_file():
    assert Fault("b.jpg", "split 'train': no 'b.jpg'").reason == "split 'train': no 'b.jpg'"
