"""Datasets: annotated images in; checked examples, label maps, splits and TFRecords out.

Knows nothing of models and imports no TensorFlow. The way of one conversion, module by module:
`formats` reads a folder into a `Dataset` of annotated images (`dataset`, `annotations`), `splits`
plans which image goes where, `label_map` gives class names their ids, `examples` checks each image
(`images`, with `jpeg_structure`, `png_structure` and `orientation`) and its boxes (`boxes`), which
`workers` spreads over processes, `records` writes TFRecords, `findings` collects the warnings,
`summary` is `dataset.json`, and `convert` is the whole. `synthetic` draws the embedded dataset.
"""
