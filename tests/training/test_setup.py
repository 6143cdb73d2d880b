"""The config as it is run, the distribution strategy, and what is built from them."""

from unittest import mock

import pytest

from odapi_ssd.config.files import load_config, new_config

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class TestConfigToRun:
    @pytest.mark.parametrize(("num_train_steps", "expected"), [(None, 7), (3, 3), (0, 0)])
    def test_the_call_decides_the_number_of_steps(self, num_train_steps, expected):
        from odapi_ssd.training.setup import config_to_run

        config = new_config()
        config.train_config.num_steps = 7
        resolved = config_to_run(config, num_train_steps, use_tpu=False)
        assert resolved.train_config.num_steps == expected
        assert config.train_config.num_steps == 7

    @pytest.mark.parametrize("is_wanted", [False, True])
    @pytest.mark.parametrize("use_tpu", [False, True])
    def test_bfloat16_is_for_tpus(self, is_wanted, use_tpu):
        from odapi_ssd.training.setup import config_to_run

        config = new_config()
        config.train_config.use_bfloat16 = is_wanted
        resolved = config_to_run(config, None, use_tpu)
        assert resolved.train_config.use_bfloat16 == (is_wanted and use_tpu)

    @pytest.mark.parametrize(
        ("from_detection", "expected"), [(True, "detection"), (False, "classification")]
    )
    def test_the_deprecated_field_becomes_the_type_of_the_checkpoint(
        self, from_detection, expected
    ):
        from odapi_ssd.training.setup import config_to_run

        config = new_config()
        config.train_config.from_detection_checkpoint = from_detection
        resolved = config_to_run(config, None, use_tpu=False)
        assert resolved.train_config.fine_tune_checkpoint_type == expected
        config.train_config.fine_tune_checkpoint_type = "full"
        resolved = config_to_run(config, None, use_tpu=False)
        assert resolved.train_config.fine_tune_checkpoint_type == "full"


class TestMakeStrategy:
    def test_one_machine_is_mirrored(self):
        import tensorflow as tf

        from odapi_ssd.training.setup import make_strategy

        strategy = make_strategy(use_tpu=False, tpu_name=None, num_workers=1)
        assert isinstance(strategy, tf.distribute.MirroredStrategy)
        assert tf.config.get_soft_device_placement()

    def test_several_workers_and_a_tpu_which_comes_first(self, monkeypatch):
        from odapi_ssd.training import setup

        fake = mock.MagicMock()
        monkeypatch.setattr(setup, "tf", fake)
        strategies = fake.distribute.experimental
        made = setup.make_strategy(use_tpu=False, tpu_name=None, num_workers=2)
        assert made is strategies.MultiWorkerMirroredStrategy.return_value
        made = setup.make_strategy(use_tpu=True, tpu_name="pod", num_workers=2)
        assert made is strategies.TPUStrategy.return_value
        resolver_class = fake.distribute.cluster_resolver.TPUClusterResolver
        resolver_class.assert_called_once_with("pod")
        strategies.TPUStrategy.assert_called_once_with(resolver_class.return_value)
        fake.tpu.experimental.initialize_tpu_system.assert_called_once_with(
            resolver_class.return_value
        )


@pytest.mark.slow
class TestSetUpTraining:
    def test_model_input_optimizer_and_step(self, tiny_config_path):
        import tensorflow as tf

        from odapi_ssd.training.setup import set_up_training

        config = load_config(tiny_config_path)
        setup = set_up_training(config, record_summaries=False)
        assert setup.step == 0
        features, labels = next(iter(setup.dataset))
        assert features["image"].shape == (2, 96, 128, 3)
        assert features["image"].dtype == tf.float32
        assert labels["groundtruth_boxes"].shape == (2, 100, 4)
        rate = config.train_config.optimizer.adam_optimizer.learning_rate
        start = rate.cosine_decay_learning_rate.warmup_learning_rate
        assert float(setup.learning_rate()) == pytest.approx(start)
        setup.global_step.assign_add(3)
        assert setup.step == 3

    def test_every_variable_has_its_moving_average_before_the_first_step(self, tiny_config_path):
        from odapi_ssd.training.setup import set_up_training

        optimizer = "train_config.optimizer"
        overrides = [f"{optimizer}.use_moving_average=true"]
        setup = set_up_training(load_config(tiny_config_path, overrides), record_summaries=False)
        variables = setup.model.trainable_variables
        assert len(variables) > 100
        averages = [setup.optimizer.get_slot(variable, "average") for variable in variables]
        assert [one.shape for one in averages] == [one.shape for one in variables]
