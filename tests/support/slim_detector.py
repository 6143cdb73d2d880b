"""The TF1 port's SSD300 as a function of its variables, by their names in its checkpoints.

Written here from its description; weights are random and keep the size of the features.
"""

import numpy as np
import tensorflow as tf

_SCOPE = "ssd_300_vgg"
_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_STAGES = ((256, 512, 2, 1), (128, 256, 2, 1), (128, 256, 1, 0), (128, 256, 1, 0))
_BOXES = (4, 6, 6, 6, 4, 4)


class SlimSSD300:
    """Makes its variables while it runs for the first time, and keeps them.

    Attributes:
        variables: arrays by name.
    """

    def __init__(self, num_classes_with_background, seed):
        self.num_classes = num_classes_with_background
        self.variables = {}
        self._generator = np.random.default_rng(seed)

    def predict(self, images):
        """What it makes of images.

        Args:
            images: uint8 [B, 300, 300, 3], RGB.
        Returns:
            Offsets float32 [B, 8732, 4], in the order x, y, w, h, and scores float32 [B, 8732, C].
        """
        last = tf.constant(images, tf.float32) - (123.0, 117.0, 104.0)
        maps = []
        for block, depths in enumerate(_BLOCKS, start=1):
            for number, depth in enumerate(depths, start=1):
                last = self._conv(last, f"conv{block}/conv{block}_{number}", depth)
            if block == 4:
                length = tf.sqrt(tf.reduce_sum(last**2, axis=-1, keepdims=True))
                maps.append(last / length * self._gamma(last.shape[-1]))
            size, stride = (2, 2) if block < 5 else (3, 1)
            last = tf.nn.max_pool2d(last, size, stride, "SAME")
        last = self._conv(last, "conv6", 1024, dilations=6)
        last = self._conv(last, "conv7", 1024, kernel=1)
        maps.append(last)
        for block, (narrow, depth, stride, padding) in enumerate(_STAGES, start=8):
            last = self._conv(last, f"block{block}/conv1x1", narrow, kernel=1)
            last = tf.pad(last, [[0, 0], [padding] * 2, [padding] * 2, [0, 0]])
            last = self._conv(last, f"block{block}/conv3x3", depth, strides=stride, padding="VALID")
            maps.append(last)
        offsets, logits = [], []
        for block, boxes, features in zip((4, 7, 8, 9, 10, 11), _BOXES, maps, strict=True):
            for size, head, parts in (
                (4, "conv_loc", offsets), (self.num_classes, "conv_cls", logits)
            ):  # fmt: skip
                raw = self._conv(features, f"block{block}_box/{head}", boxes * size, relu=False)
                parts.append(tf.reshape(raw, (len(images), -1, size)))
        return tf.concat(offsets, 1).numpy(), tf.nn.softmax(tf.concat(logits, 1)).numpy()

    @staticmethod
    def anchors_cxcywh():
        """The port's anchors, float64 [8732, 4]."""
        sizes = ((21, 45), (45, 99), (99, 153), (153, 207), (207, 261), (261, 315))
        cells = zip((38, 19, 10, 5, 3, 1), (8, 16, 32, 64, 100, 300), sizes, _BOXES, strict=True)
        rows = []
        for grid, step, (low, high), boxes in cells:
            shapes = [(low, low), (np.sqrt(low * high),) * 2]
            shapes += [
                (low * np.sqrt(ratio), low / np.sqrt(ratio))
                for ratio in (2, 0.5, 3, 1 / 3)[: boxes - 2]
            ]
            rows += [
                ((column + 0.5) * step, (row + 0.5) * step, *shape)
                for row in range(grid)
                for column in range(grid)
                for shape in shapes
            ]
        return np.array(rows) / 300

    def save(self, prefix):
        """Writes a checkpoint of TensorFlow 1, with an optimizer's slot for each variable."""
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            for name, value in self.variables.items():
                initial = tf.compat.v1.constant_initializer(value)
                tf.compat.v1.get_variable(name, value.shape, initializer=initial)
                tf.compat.v1.get_variable(f"{name}/Momentum", (1,))
            tf.compat.v1.get_variable("global_step", (), tf.int64)
            session.run(tf.compat.v1.global_variables_initializer())
            tf.compat.v1.train.Saver().save(session, prefix, write_meta_graph=False)
        return prefix

    def _gamma(self, depth):
        name = f"{_SCOPE}/block4_box/L2Normalization/gamma"
        if name not in self.variables:
            self.variables[name] = self._generator.normal(20, 2, depth).astype(np.float32)
        return self.variables[name]

    def _conv(self, features, name, depth, *, kernel=3, relu=True, padding="SAME", **options):
        weights, biases = f"{_SCOPE}/{name}/weights", f"{_SCOPE}/{name}/biases"
        options = {"strides": 1, **options, "padding": padding}
        if weights not in self.variables:
            shape = (kernel, kernel, features.shape[-1], depth)
            raw = self._generator.normal(size=shape).astype(np.float32)
            raw /= np.std(tf.nn.conv2d(features[:1], raw, **options))
            self.variables[weights] = raw
            self.variables[biases] = self._generator.normal(0, 0.1, depth).astype(np.float32)
            if name.endswith("conv_cls"):
                self.variables[biases].reshape(-1, self.num_classes)[:, 0] += 7.5
        raw = tf.nn.conv2d(features, self.variables[weights], **options) + self.variables[biases]
        return tf.nn.relu(raw) if relu else raw
