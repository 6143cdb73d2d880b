import pytest

from odapi_ssd.data.records import keys


@pytest.mark.tf
@pytest.mark.usefixtures("api")
def test_they_are_the_apis():
    from object_detection.core.standard_fields import TfExampleFields

    assert TfExampleFields.height == keys.HEIGHT
    assert TfExampleFields.width == keys.WIDTH
    assert TfExampleFields.filename == keys.FILENAME
    assert TfExampleFields.source_id == keys.SOURCE_ID
    assert TfExampleFields.image_encoded == keys.ENCODED
    assert TfExampleFields.image_format == keys.FORMAT
    assert TfExampleFields.object_class_text == keys.CLASS_TEXT
    assert TfExampleFields.object_class_label == keys.CLASS_LABEL
    assert (
        TfExampleFields.object_bbox_ymin,
        TfExampleFields.object_bbox_xmin,
        TfExampleFields.object_bbox_ymax,
        TfExampleFields.object_bbox_xmax,
    ) == keys.BOX_YXYX
    assert TfExampleFields.object_difficult == keys.DIFFICULT
    assert TfExampleFields.object_truncated == keys.TRUNCATED
    assert TfExampleFields.object_view == keys.VIEW
    assert TfExampleFields.object_is_crowd == keys.IS_CROWD
