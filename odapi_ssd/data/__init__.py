"""Datasets: VOC XML and pictures in; checked examples, label maps, splits and TFRecords out.

Knows nothing of models. The way of one conversion, module by module: `layout` finds the files,
`voc_xml` parses annotations, `splits` says which example goes where, `label_map` gives names their
ids, `images` and `boxes` check what training would stumble over (`examples` binds the two,
`workers` spreads them over processes), `tf_records` writes shards, `staging` puts them in place
only when all is complete, `summary` is `dataset.json`, and `convert` is the whole. `shapes` draws
the embedded dataset.
"""
