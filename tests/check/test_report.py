"""The report of a check: of a good config, for training, for evaluation."""

import pytest

from odapi_ssd.check.report import check_config, require_valid
from odapi_ssd.config.overrides import set_field
from odapi_ssd.errors import OdapiError
from tests.support.config_checks import only

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class TestGoodConfig:
    def test_nothing_is_found(self, config):
        report = check_config(config)
        assert report.problems == ()
        assert report.warnings == ()
        report.raise_problems()

    def test_facts(self, config):
        facts = dict(check_config(config).facts)
        assert facts["model"] == "ssd, ssd_mobilenet_v2_keras"
        assert facts["input size"] == "300x300"
        assert facts["classes"] == "2"
        # 19²·3 + (10² + 5² + 3² + 2² + 1²)·6
        assert facts["anchors"].startswith("1,917 on feature maps of 19x19, 10x10, 5x5, 3x3")
        assert facts["training examples"] == "6 in 2 files"
        assert facts["training objects"] == "6"
        assert facts["evaluation examples"] == "1 in 1 file"
        assert facts["steps"] == "100"
        assert facts["epochs"] == "50.0"
        assert facts["starts from"] == "random weights"

    def test_the_config_is_left_as_it_was(self, config):
        before = config.SerializeToString(deterministic=True)
        check_config(config)
        assert config.SerializeToString(deterministic=True) == before


class TestPurpose:
    def test_training_does_without_evaluation(self, config):
        del config.eval_input_reader[:]
        report = require_valid(config, for_training=True)
        assert "there is nothing to evaluate on" in str(only(report.warnings))
        with pytest.raises(OdapiError, match="there is nothing to evaluate on"):
            require_valid(config, for_training=False)

    def test_evaluation_does_without_training(self, config):
        config.ClearField("train_input_reader")
        config.ClearField("train_config")
        require_valid(config, for_training=False)
        with pytest.raises(OdapiError):
            require_valid(config, for_training=True)

    def test_one_error_names_all_problems(self, config):
        set_field(config, "train_config.num_steps=0")
        set_field(config, "train_config.batch_size=0")
        with pytest.raises(OdapiError, match=r"a\.config has 2 problems") as caught:
            require_valid(config, source="a.config")
        assert len(caught.value.details) == 2


class TestMemory:
    def test_a_batch_that_no_machine_holds(self, config):
        """A hundred million images of 300x300 pixels: petabytes."""
        set_field(config, "train_config.batch_size=100000000")
        problem = only(check_config(config).problems)
        assert problem.path == "train_config.batch_size"
        assert "training needs more than" in problem.problem
        assert check_config(config, is_distributed=True).problems == ()

    def test_it_is_a_fact_of_training_only(self, config):
        assert "training needs more than" in dict(check_config(config).facts)["memory"]
        assert "memory" not in dict(check_config(config, for_training=False).facts)
