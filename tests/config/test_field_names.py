"""Names near to a wrong one, and where a field of a name is. No TensorFlow."""

from odapi_ssd.config.field_names import nearest, paths_ending_in, suggest
from odapi_ssd.config.files import new_config, parse_config


class TestNearest:
    def test_the_best_first(self):
        known = ["batch_size", "batch_queue_capacity", "num_steps"]
        assert nearest("batchsize", known)[0] == "batch_size"
        assert "num_steps" not in nearest("batchsize", known)

    def test_letter_case_does_not_matter(self):
        assert nearest("softmax", ["IDENTITY", "SOFTMAX"]) == ["SOFTMAX"]

    def test_no_more_than_the_limit(self):
        assert len(nearest("level1", ["level2", "level3", "level4"], limit=2)) == 2

    def test_none_that_is_like_it(self):
        assert nearest("xyzzy", ["batch_size"]) == []
        assert nearest("batch_size", []) == []


class TestSuggest:
    def test_the_nearest(self):
        assert suggest("num_clases", ["num_classes", "loss"]) == "nearest valid: num_classes"

    def test_all_if_none_is_near(self):
        assert suggest("xyzzy", ["b", "a"]) == "valid: a, b"

    def test_the_first_thirty_of_many(self):
        known = [f"field_{number:02d}" for number in range(32)]
        clause = suggest("xyzzy", known)
        assert clause.startswith("valid: field_00, field_01, ")
        assert clause.endswith(", field_29 and 2 more")

    def test_nothing_is_known(self):
        assert suggest("xyzzy", []) == "nothing is valid here"


class TestPathsEndingIn:
    def test_the_shallowest_first(self):
        config = parse_config("model { ssd { feature_extractor { fpn {} } } }")
        assert paths_ending_in("min_depth", config) == ["model.ssd.feature_extractor.min_depth"]
        assert paths_ending_in("min_level", config) == ["model.ssd.feature_extractor.fpn.min_level"]

    def test_items_of_repeated_messages(self):
        config = parse_config("eval_input_reader {} eval_input_reader {}")
        assert paths_ending_in("shuffle", config) == [
            "eval_input_reader[0].shuffle",
            "eval_input_reader[1].shuffle",
        ]

    def test_messages_that_are_not_set_are_not_searched(self):
        assert paths_ending_in("num_classes", new_config()) == []
        assert paths_ending_in("train_config", new_config()) == ["train_config"]

    def test_no_more_than_the_limit(self):
        config = parse_config("eval_input_reader {} " * 5)
        assert len(paths_ending_in("shuffle", config)) == 3
