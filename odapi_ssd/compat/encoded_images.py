"""The method `tostring` of OpenCV's encoded images, which are arrays; for the API's AVA converter.

NumPy's array type takes no new attributes, so `cv2.imencode` returns a subclass with the method.
"""

import sys
from typing import Any

SYMPTOM = "AttributeError: 'numpy.ndarray' object has no attribute 'tostring'"
AFFECTS = "NumPy 2.3 and newer, in dataset_tools/create_ava_actions_tf_record"
UNTIL = "the converter calls tobytes()"


def apply() -> bool:
    """Wraps `cv2.imencode` if NumPy lacks the method. Needs the patch `opencv` before it."""
    import numpy as np

    cv2: Any = sys.modules.get("cv2")
    if hasattr(np.ndarray, "tostring") or "imencode" not in vars(cv2):
        return False

    class Encoded(np.ndarray):
        tostring = np.ndarray.tobytes

        def __reduce__(self) -> Any:
            return self.view(np.ndarray).__reduce__()

    encode = cv2.imencode

    def imencode(*arguments: Any, **options: Any) -> tuple[bool, Any]:
        is_encoded, buffer = encode(*arguments, **options)
        return is_encoded, buffer.view(Encoded)

    cv2.imencode = imencode
    return True
