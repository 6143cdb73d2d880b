import json
import math

import numpy as np

from odapi_ssd.inspection.json_text import json_text


def test_numbers_are_rounded_wherever_they_stand():
    content = {"é": (1 / 3, 2), "b": [{"c": np.float64(2 / 3)}], "d": "0.3333"}
    text = json_text(content, 2)
    assert json.loads(text) == {"é": [0.33, 2], "b": [{"c": 0.67}], "d": "0.3333"}
    assert '"é"' in text
    assert text.endswith("}\n")


def test_what_json_does_not_have_is_null():
    assert json.loads(json_text([math.nan, math.inf, -math.inf, 0.0], 4)) == [None, None, None, 0.0]
