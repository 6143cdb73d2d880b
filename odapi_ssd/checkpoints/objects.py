"""The objects that a checkpoint was made of, and those of a model in memory.

TensorFlow 2 stores a checkpoint as a graph of objects, each of which has names for its children
(`tf.train.Checkpoint(model=…)` names one "model"), and restores it breadth first along these names.
Source: tensorflow/core/protobuf/trackable_object_graph.proto.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

__all__ = ["has_sound_graph", "object_graph", "trackable_children", "walk_breadth_first"]

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_Node = TypeVar("_Node")


def object_graph(reader: Any) -> Any:
    """The graph of the objects in a checkpoint.

    Args:
        reader: from `tf.train.load_checkpoint`.
    Returns:
        A `TrackableObjectGraph`, whose first node is the root; None for a checkpoint of
        TensorFlow 1, which stores variables by name.
    """
    if not reader.has_tensor(_OBJECT_GRAPH):
        return None
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    return trackable_object_graph_pb2.TrackableObjectGraph.FromString(
        reader.get_tensor(_OBJECT_GRAPH)
    )


def has_sound_graph(reader: Any) -> bool:
    """Whether a checkpoint's graph of objects, if it has one, can be walked from its root.

    Args:
        reader: from `tf.train.load_checkpoint`.
    """
    from google.protobuf.message import DecodeError

    try:
        graph = object_graph(reader)
    except (DecodeError, TypeError):  # not bytes, or not of a graph
        return False
    if graph is None:
        return True
    num_nodes = len(graph.nodes)
    children = (child for node in graph.nodes for child in node.children)
    return num_nodes > 0 and all(0 <= child.node_id < num_nodes for child in children)


def trackable_children(parent: Any) -> Mapping[str, Any]:
    """The objects that a checkpoint of `parent` would store below it, by their names there."""
    import tensorflow as tf

    children: Mapping[str, Any] = tf.train.TrackableView.children(parent)
    return children


def walk_breadth_first(
    root: _Node,
    children_of: Callable[[_Node], Mapping[str, _Node]],
    identity: Callable[[_Node], int] = id,
) -> Iterator[tuple[str, _Node]]:
    """Visits every object below a root once.

    Args:
        root: where to start; is not visited itself.
        children_of: the children of an object by their names in it.
        identity: equal for objects that are the same.
    Yields:
        Path and object: names joined by `/`, along the shortest way from the root (the first of
        several), as checkpoints name their variables.
    """
    visited = {identity(root): root}  # the objects themselves, so that no id is used again
    pending = deque([("", root)])
    while pending:
        prefix, parent = pending.popleft()
        for name, child in children_of(parent).items():
            if identity(child) in visited:
                continue
            visited[identity(child)] = child
            yield prefix + name, child
            pending.append((f"{prefix}{name}/", child))
