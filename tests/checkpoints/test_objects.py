"""Objects of checkpoints: the walk on graphs made by hand, the graph of a saved checkpoint."""

import pytest

from odapi_ssd.checkpoints.objects import (
    has_sound_graph,
    object_graph,
    trackable_children,
    walk_breadth_first,
)
from tests.support.saved_checkpoints import write_tf1_checkpoint


def _paths(children, root="root"):
    """The walk over a graph given as children by name, by object."""
    return list(walk_breadth_first(root, lambda node: children.get(node, {}), identity=hash))


def test_a_root_alone_is_not_visited():
    assert _paths({}) == []


def test_a_level_before_the_next():
    children = {"root": {"a": "A", "b": "B"}, "A": {"c": "C"}, "B": {"d": "D"}, "C": {"e": "E"}}
    assert _paths(children) == [
        ("a", "A"), ("b", "B"), ("a/c", "C"), ("b/d", "D"), ("a/c/e", "E"),
    ]  # fmt: skip


def test_the_shortest_of_several_paths_and_the_first_of_those():
    children = {"root": {"a": "A", "b": "B", "x": "X"}, "A": {"x": "X", "y": "Y"}, "B": {"y": "Y"}}
    assert _paths(children) == [("a", "A"), ("b", "B"), ("x", "X"), ("a/y", "Y")]


def test_a_circle_ends():
    children = {"root": {"a": "A"}, "A": {"up": "root", "self": "A", "b": "B"}, "B": {"a": "A"}}
    assert _paths(children) == [("a", "A"), ("a/b", "B")]


def test_objects_that_are_made_on_the_way_keep_their_ids():
    """Each is new and has no other owner, so that its id would be free for the next."""

    def children(node):
        return {str(n): [*node, n] for n in range(3)} if len(node) < 3 else {}

    assert len(list(walk_breadth_first([], children))) == 3 + 9 + 27


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestACheckpoint:
    def test_its_objects_by_name(self, tmp_path):
        import tensorflow as tf

        inner = tf.train.Checkpoint(weight=tf.Variable(1.0))
        outer = tf.train.Checkpoint(model=inner, step=tf.Variable(0))
        graph = object_graph(tf.train.load_checkpoint(outer.write(str(tmp_path / "ckpt"))))
        children = {child.local_name: child.node_id for child in graph.nodes[0].children}
        assert children.keys() == {"model", "step"}
        (weight,) = graph.nodes[children["model"]].children
        assert weight.local_name == "weight"

    def test_one_of_tensorflow_1_has_none(self, tmp_path):
        import tensorflow as tf

        reader = tf.train.load_checkpoint(write_tf1_checkpoint(tmp_path))
        assert object_graph(reader) is None

    def test_the_children_in_memory_have_the_same_names(self):
        import tensorflow as tf

        weight = tf.Variable(1.0)
        checkpoint = tf.train.Checkpoint(model=tf.train.Checkpoint(weight=weight))
        paths = dict(walk_breadth_first(checkpoint, trackable_children))
        assert paths["model/weight"] is weight


class _Reader:
    """In the place of TensorFlow's, which refuses a graph whose checksum is wrong."""

    def __init__(self, tensor):
        self._tensor = tensor

    def has_tensor(self, name):
        return True

    def get_tensor(self, name):
        return self._tensor


@pytest.mark.tf
@pytest.mark.usefixtures("api")
class TestSoundGraphs:
    def test_a_root_and_a_child(self):
        assert has_sound_graph(_Reader(self._graph(1)))

    @pytest.mark.parametrize("node_id", [-1, 2])
    def test_a_child_that_is_not_there(self, node_id):
        assert not has_sound_graph(_Reader(self._graph(node_id)))

    @pytest.mark.parametrize("tensor", [b"", b"\xff", 1.0])
    def test_no_graph(self, tensor):
        assert not has_sound_graph(_Reader(tensor))

    @staticmethod
    def _graph(node_id):
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        graph = TrackableObjectGraph()
        child = graph.nodes.add().children.add()
        child.node_id = node_id
        graph.nodes.add()
        return graph.SerializeToString()
