"""Control-flow functions where tf_slim expects them; its decoder uses them for every image."""

import importlib

SYMPTOM = "AttributeError: module 'tensorflow.python.ops.control_flow_ops' has no attribute 'case'"
AFFECTS = "TensorFlow 2.13 and newer, with tf_slim 1.1"
UNTIL = "tf_slim imports these functions from their new modules"

_OPS = "tensorflow.python.ops"
# Every function that tf_slim uses from control_flow_ops, and the module that it moved to.
_MOVED = {
    "Assert": "control_flow_assert",
    "case": "control_flow_case",
    "cond": "cond",
    "no_op": "gen_control_flow_ops",
    "while_loop": "while_loop",
}


def apply() -> bool:
    """Adds the moved functions to `control_flow_ops` under their old names."""
    control_flow_ops = importlib.import_module(f"{_OPS}.control_flow_ops")
    missing = [name for name in _MOVED if not hasattr(control_flow_ops, name)]
    for name in missing:
        moved_to = importlib.import_module(f"{_OPS}.{_MOVED[name]}")
        setattr(control_flow_ops, name, getattr(moved_to, name))
    return bool(missing)
