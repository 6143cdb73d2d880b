"""SSD300 in PyTorch, with the names of others: the tutorial's, by its text, and torchvision's.

Both are written here from what is documented of them, their weights are random.
"""

import itertools
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_CELLS = (4, 6, 6, 6, 4, 4)
_GRIDS = (38, 19, 10, 5, 3, 1)
_DEPTHS = (512, 1024, 512, 256, 256, 256)
_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
# narrow depth, depth, stride, padding
_STAGES = ((256, 512, 2, 1), (128, 256, 2, 1), (128, 256, 1, 0), (128, 256, 1, 0))


def _conv(depth_in, depth, kernel=3, **options):
    return nn.Conv2d(depth_in, depth, kernel, **options)


class TutorialSSD300(nn.Module):
    """The PyTorch tutorial's detector; images are normalized by ImageNet's colors."""

    MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def __init__(self, num_classes_with_background):
        super().__init__()
        self.num_classes = num_classes_with_background
        self.base, self.aux_convs, self.pred_convs = (nn.ModuleDict() for _ in range(3))
        depth_in = 3
        for block, depths in enumerate(_BLOCKS, start=1):
            for number, depth in enumerate(depths, start=1):
                self.base[f"conv{block}_{number}"] = _conv(depth_in, depth, padding=1)
                depth_in = depth
        self.base["conv6"] = _conv(512, 1024, padding=6, dilation=6)
        self.base["conv7"] = _conv(1024, 1024, 1)
        depth_in = 1024
        for stage, (narrow, depth, stride, padding) in enumerate(_STAGES, start=8):
            self.aux_convs[f"conv{stage}_1"] = _conv(depth_in, narrow, 1)
            self.aux_convs[f"conv{stage}_2"] = _conv(narrow, depth, stride=stride, padding=padding)
            depth_in = depth
        self.maps = ("conv4_3", "conv7", "conv8_2", "conv9_2", "conv10_2", "conv11_2")
        for name, depth, boxes in zip(self.maps, _DEPTHS, _CELLS, strict=True):
            self.pred_convs[f"loc_{name}"] = _conv(depth, boxes * 4, padding=1)
            self.pred_convs[f"cl_{name}"] = _conv(depth, boxes * self.num_classes, padding=1)
        self.rescale_factors = nn.Parameter(torch.full((1, 512, 1, 1), 20.0))

    def forward(self, images):
        """Offsets [B, 8732, 4] and logits [B, 8732, C] of normalized images [B, 3, 300, 300]."""
        features = {}
        last = images
        for block, depths in enumerate(_BLOCKS, start=1):
            for number in range(1, len(depths) + 1):
                last = functional.relu(self.base[f"conv{block}_{number}"](last))
                features[f"conv{block}_{number}"] = last
            if block < 5:
                last = functional.max_pool2d(last, 2, ceil_mode=block == 3)
            else:
                last = functional.max_pool2d(last, 3, stride=1, padding=1)
        for layers in (self.base, self.aux_convs):
            for name in layers:
                if name not in features:
                    last = features[name] = functional.relu(layers[name](last))
        squared = (features["conv4_3"] ** 2).sum(1, keepdim=True)
        features["conv4_3"] = features["conv4_3"] / squared.sqrt() * self.rescale_factors
        return tuple(
            torch.cat([_per_box(self.pred_convs[f"{kind}_{name}"](features[name]), size)
                       for name in self.maps], 1)
            for kind, size in (("loc", 4), ("cl", self.num_classes))
        )  # fmt: skip

    @staticmethod
    def anchors_cxcywh():
        """The tutorial's priors, float64 [8732, 4]; centers and sizes cut to 0..1."""
        scales = (0.1, 0.2, 0.375, 0.55, 0.725, 0.9)
        extra = [math.sqrt(a * b) for a, b in itertools.pairwise(scales)] + [1.0]
        rows = []
        for grid, scale, larger, boxes in zip(_GRIDS, scales, extra, _CELLS, strict=True):
            ratios = (2.0, 0.5) if boxes == 4 else (2.0, 3.0, 0.5, 0.333)
            sizes = [(scale, scale), (larger, larger)]
            sizes += [(scale * math.sqrt(ratio), scale / math.sqrt(ratio)) for ratio in ratios]
            rows += [
                ((column + 0.5) / grid, (row + 0.5) / grid, *size)
                for row in range(grid)
                for column in range(grid)
                for size in sizes
            ]
        return np.clip(np.array(rows), 0, 1)


class TorchvisionSSD300(nn.Module):
    """torchvision's ssd300_vgg16, its layers numbered in sequences; images are 0..1."""

    MEAN, STD = (0.48235, 0.45882, 0.40784), (1 / 255,) * 3

    def __init__(self, num_classes_with_background):
        super().__init__()
        self.num_classes = num_classes_with_background
        features, depth_in = [], 3
        for block, depths in enumerate(_BLOCKS[:4], start=1):
            for depth in depths:
                features += [_conv(depth_in, depth, padding=1), nn.ReLU()]
                depth_in = depth
            if block < 4:
                features.append(nn.MaxPool2d(2, ceil_mode=block == 3))
        fully_connected = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            _conv(512, 1024, padding=6, dilation=6), nn.ReLU(),
            _conv(1024, 1024, 1), nn.ReLU(),
        )  # fmt: skip
        fifth = [layer for _ in range(3) for layer in (_conv(512, 512, padding=1), nn.ReLU())]
        extra = [nn.Sequential(nn.MaxPool2d(2), *fifth, fully_connected)]
        depth_in = 1024
        for narrow, depth, stride, padding in _STAGES:
            second = _conv(narrow, depth, stride=stride, padding=padding)
            extra.append(nn.Sequential(_conv(depth_in, narrow, 1), nn.ReLU(), second, nn.ReLU()))
            depth_in = depth
        self.backbone = nn.Module()
        self.backbone.features = nn.Sequential(*features)
        self.backbone.extra = nn.ModuleList(extra)
        self.backbone.scale_weight = nn.Parameter(torch.full((512,), 20.0))
        self.head = nn.Module()
        for name, size in (("classification_head", self.num_classes), ("regression_head", 4)):
            head = nn.Module()
            head.module_list = nn.ModuleList(
                _conv(depth, boxes * size, padding=1)
                for depth, boxes in zip(_DEPTHS, _CELLS, strict=True)
            )
            setattr(self.head, name, head)

    def forward(self, images):
        """Offsets [B, 8732, 4] and logits [B, 8732, C] of normalized images [B, 3, 300, 300]."""
        last = self.backbone.features(images)
        factors = self.backbone.scale_weight.view(1, -1, 1, 1)
        maps = [functional.normalize(last) * factors]
        for block in self.backbone.extra:
            last = block(last)
            maps.append(last)
        return tuple(
            torch.cat([_per_box(convolution(one), size)
                       for convolution, one in zip(head.module_list, maps, strict=True)], 1)
            for head, size in (
                (self.head.regression_head, 4), (self.head.classification_head, self.num_classes)
            )
        )  # fmt: skip

    @staticmethod
    def anchors_cxcywh():
        """Its default boxes, float64 [8732, 4]; widths and heights cut to 1."""
        scales = (0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05)
        steps = (8, 16, 32, 64, 100, 300)
        rows = []
        for index, (grid, step, boxes) in enumerate(zip(_GRIDS, steps, _CELLS, strict=True)):
            scale, larger = scales[index], math.sqrt(scales[index] * scales[index + 1])
            sizes = [(scale, scale), (larger, larger)]
            for ratio in (2,) if boxes == 4 else (2, 3):
                root = math.sqrt(ratio)
                sizes += [(scale * root, scale / root), (scale / root, scale * root)]
            sizes = np.minimum(sizes, 1.0)
            rows += [
                ((column + 0.5) * step / 300, (row + 0.5) * step / 300, *size)
                for row in range(grid)
                for column in range(grid)
                for size in sizes
            ]
        return np.array(rows)


def _per_box(prediction, size):
    """[B, boxes · size, rows, columns] as [B, rows · columns · boxes, size]."""
    return prediction.permute(0, 2, 3, 1).reshape(len(prediction), -1, size)


def randomize(model, seed):
    """Gives a detector random weights; returns it.

    Each layer is scaled by what it makes of a random image, so that features keep their size and
    about one box in a hundred scores above 0.01 for a class.
    """
    generator = torch.Generator().manual_seed(seed)

    def keep_size(layer, inputs, outputs):
        deviation = outputs.std()
        layer.weight /= deviation
        layer.bias /= deviation
        return outputs / deviation

    with torch.no_grad():
        convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
        for layer in convolutions:
            layer.weight.normal_(generator=generator)
            layer.bias.normal_(0, 0.1 * math.sqrt(layer.weight[0].numel()), generator=generator)
        for name, parameter in model.named_parameters():
            if name in ("rescale_factors", "backbone.scale_weight"):
                parameter.normal_(20, 2, generator=generator)
        hooks = [layer.register_forward_hook(keep_size) for layer in convolutions]
        predict(model, np.random.default_rng(seed).integers(0, 256, (1, 300, 300, 3), np.uint8))
        for hook in hooks:
            hook.remove()
        for name, parameter in model.named_parameters():
            if name.endswith("bias") and ("cl_" in name or "classification" in name):
                parameter.view(-1, model.num_classes)[:, 0] += 7.5
    return model.eval()


def predict(model, images):
    """What a detector makes of images.

    Args:
        model: one of the detectors above.
        images: uint8 [B, 300, 300, 3], RGB.
    Returns:
        Offsets float32 [B, 8732, 4], in the detector's order x, y, w, h, and scores float32
        [B, 8732, C].
    """
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (model.MEAN, model.STD))
    with torch.no_grad():
        offsets, logits = model((pixels - mean) / std)
        return offsets.numpy(), functional.softmax(logits, dim=2).numpy()
