"""Parts of the API whose own tests are stricter than today's libraries allow."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize("exponent", [0.5, 2.0])
def test_the_iou_heatmap_is_raised_to_its_exponent(exponent):
    import tensorflow as tf
    from object_detection.core import target_assigner

    # One object per image, on 4 by 6 cells of one pixel each; classes as one-hot.
    boxes = [tf.constant([[0.25, 0.25, 0.75, 0.75]]), tf.constant([[0.0, 0.0, 0.5, 1.0]])]
    classes = [tf.one_hot([0], depth=2), tf.one_hot([1], depth=2)]

    def heatmaps(**options: float) -> np.ndarray:
        assigner = target_assigner.CenterNetCenterHeatmapTargetAssigner(
            1, box_heatmap_type="iou", **options
        )
        return assigner.assign_center_targets_from_boxes(4, 6, boxes, classes).numpy()

    plain, raised = heatmaps(), heatmaps(heatmap_exponent=exponent)
    assert plain.shape == raised.shape == (2, 4, 6, 2)
    assert ((plain > 0) & (plain < 1)).any()
    # Float32 leaves 7 digits, of which a power may cost the last.
    four_ulps = 4 * np.finfo(np.float32).eps
    np.testing.assert_allclose(raised, plain.astype(float) ** exponent, rtol=four_ulps)


def test_inception_resnet_v2_has_its_variables():
    import tensorflow as tf
    from object_detection.models.keras_models import inception_resnet_v2

    tf.keras.backend.clear_session()
    model = inception_resnet_v2.inception_resnet_v2(
        batchnorm_training=False, align_feature_maps=False, weights=None, include_top=False
    )
    assert len(model.variables) == 896  # as slim's network has
    # The smallest image that Keras documents for it: less leaves the last feature map empty.
    features = model(tf.random.uniform([2, 75, 75, 3], seed=1))
    assert features.shape == (2, 1, 1, 1536)
    assert np.isfinite(features).all()
