"""Whether a checkpoint of type "classification" fits the network of a config's feature extractor.

The API finds out when training loads it. Here the network is built, which takes seconds, and its
variables are looked up in the checkpoint as TensorFlow does when it restores: object by object, by
the names that objects have in each other. Needs TensorFlow.
"""

from collections.abc import Mapping
from typing import Any

import odapi_ssd
from odapi_ssd.checkpoints.contents import ROOT_OF_TYPE
from odapi_ssd.checkpoints.objects import object_graph, trackable_children, walk_breadth_first
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.plugin.building import build_classification_network

__all__ = ["network_hint", "network_misfits"]


def network_misfits(config: Any, checkpoint: str) -> list[str]:
    """The variables of a config's classification network that a checkpoint does not fit.

    Args:
        config: a TrainEvalPipelineConfig.
        checkpoint: the prefix of one with a `feature_extractor`.
    Returns:
        One line per variable, with both shapes. Networks of the API's own feature extractors are
        not looked at: none.
    Raises:
        OdapiError: the network cannot be built.
    """
    is_ssd = config.model.WhichOneof("model") == "ssd"
    if not is_ssd or config.model.ssd.feature_extractor.type not in EXTRACTORS:
        return []
    odapi_ssd.register()
    return _misfits(build_classification_network(config.model), checkpoint)


def network_hint(config: Any) -> str:
    """What to do about misfits, for a config of which `network_misfits` found some."""
    kind = config.model.ssd.feature_extractor.type
    return (
        f"take a checkpoint of exactly the network of {kind}, with its depth_multiplier and "
        "batch_norm; `odapi-ssd import-weights --from keras --backbone "
        f"{EXTRACTORS[kind].backbone} --pipeline_config_path F` makes one from published weights, "
        "if there are any, for a config F"
    )


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
    """The key under which a checkpoint stores each variable, by `variable.ref()`.

    Variables that the checkpoint does not have are left out.
    """
    import tensorflow as tf

    def common_children(pair: tuple[Any, Any]) -> Mapping[str, tuple[Any, Any]]:
        """Children in the network with their nodes in the checkpoint, if both have them."""
        parent, node = pair
        node_ids = {child.local_name: child.node_id for child in node.children}
        return {
            name: (child, graph.nodes[node_ids[name]])
            for name, child in trackable_children(parent).items()
            if name in node_ids
        }

    root = tf.train.Checkpoint(**{ROOT_OF_TYPE["classification"]: network})
    pairs = walk_breadth_first(
        (root, graph.nodes[0]), common_children, identity=lambda pair: id(pair[0])
    )
    return {
        child.ref(): next((attribute.checkpoint_key for attribute in node.attributes), "")
        for _, (child, node) in pairs
        if isinstance(child, tf.Variable)
    }
