"""Whether a checkpoint of type "classification" fits the network of a config's feature extractor.

The API finds out when training loads it. Here the network is built, which takes seconds, and its
variables are looked up in the checkpoint as TensorFlow does when it restores: object by object,
by the names that the objects have in each other. Needs TensorFlow.
"""

from collections import deque
from typing import Any

import odapi_ssd
from odapi_ssd.checkpoints.paths import object_graph
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.plugin.building import build_classification_network

__all__ = ["network_hint", "network_misfits"]

_ROOT = "feature_extractor"


def network_misfits(config: Any, checkpoint: str) -> list[str]:
    """The variables of a config's classification network that a checkpoint does not fit.

    Args:
        config: a TrainEvalPipelineConfig.
        checkpoint: a prefix; it holds a `feature_extractor`.
    Returns:
        A line for each, with both shapes; none for a feature extractor that is not this project's,
        which is not looked at.
    Raises:
        OdapiError: the network cannot be built.
    """
    if not _is_own(config.model):
        return []
    odapi_ssd.register()
    return _misfits(build_classification_network(config.model), checkpoint)


def network_hint(config: Any) -> str:
    """What to do about misfits."""
    kind = config.model.ssd.feature_extractor.type
    backbone = EXTRACTORS[kind].backbone
    return (
        f"take a checkpoint of the very network of {kind}, depth_multiplier and batch_norm "
        f"included; `odapi-ssd import-weights --from keras --backbone {backbone} "
        "--pipeline_config_path F` makes one of published weights for a config F, if there are any"
    )


def _is_own(model: Any) -> bool:
    is_ssd = model.WhichOneof("model") == "ssd"
    return is_ssd and model.ssd.feature_extractor.type in EXTRACTORS


def _misfits(network: Any, checkpoint: str) -> list[str]:
    import tensorflow as tf

    reader = tf.train.load_checkpoint(checkpoint)
    shapes = reader.get_variable_to_shape_map()
    keys = _stored_keys(network, object_graph(reader))
    lines = []
    for variable in network.variables:
        name, shape = variable.name.removesuffix(":0"), variable.shape.as_list()
        stored = shapes.get(keys.get(variable.ref()))
        if stored is None:
            lines.append(f"{name}: not in the checkpoint, {shape} in the config's network")
        elif list(stored) != shape:
            lines.append(f"{name}: {list(stored)} in the checkpoint, {shape} in the config's")
    return lines


def _stored_keys(network: Any, graph: Any) -> dict[Any, str]:
    """Under which key a checkpoint holds each variable that it has, by `variable.ref()`."""
    import tensorflow as tf

    keys, seen = {}, set()
    pending = deque([(tf.train.Checkpoint(**{_ROOT: network}), graph.nodes[0])])
    while pending:
        parent, node = pending.popleft()
        children = {child.local_name: child.node_id for child in node.children}
        for name, child in tf.train.TrackableView.children(parent).items():
            if name not in children or id(child) in seen:
                continue
            seen.add(id(child))
            stored = graph.nodes[children[name]]
            if isinstance(child, tf.Variable):
                keys[child.ref()] = next((a.checkpoint_key for a in stored.attributes), "")
            pending.append((child, stored))
    return keys
