"""The API's programs in this process, one after the other, with flags of the same names."""

import importlib.util
import sys

import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin import api_programs

pytestmark = pytest.mark.tf

_EXPORT = {"trained_checkpoint_dir": "m", "output_directory": "e"}


class TestLoadedProgram:
    def test_given_flags_are_set_and_none_leaves_the_default(self):
        from absl import flags

        values = {"pipeline_config_path": "c", "model_dir": "m", "use_tpu": None, "num_workers": 3}
        with api_programs.loaded_program("model_main_tf2", values) as program:
            assert program.__name__ == "object_detection.model_main_tf2"
            assert flags.FLAGS.pipeline_config_path == "c"
            assert (flags.FLAGS.use_tpu, flags.FLAGS.num_workers) == (False, 3)

    def test_booleans_are_understood(self):
        from absl import flags

        values = {"use_tpu": True, "record_summaries": False}
        with api_programs.loaded_program("model_main_tf2", values):
            assert (flags.FLAGS.use_tpu, flags.FLAGS.record_summaries) == (True, False)

    def test_two_programs_that_define_the_same_flag_follow_one_another(self):
        from absl import flags

        train = {"model_dir": "m"}
        for program, values in (
            ("model_main_tf2", train), ("exporter_main_v2", _EXPORT), ("model_main_tf2", train)
        ):  # fmt: skip
            values = {**values, "pipeline_config_path": program}
            with api_programs.loaded_program(program, values):
                assert flags.FLAGS.pipeline_config_path == program
            assert "pipeline_config_path" not in flags.FLAGS
            assert f"object_detection.{program}" not in sys.modules

    def test_flags_are_removed_after_an_error(self):
        from absl import flags

        values = {**_EXPORT, "pipeline_config_path": "c"}
        with (
            pytest.raises(ZeroDivisionError),
            api_programs.loaded_program("exporter_main_v2", values),
        ):
            raise ZeroDivisionError
        assert "pipeline_config_path" not in flags.FLAGS


class TestRunModule:
    @pytest.mark.parametrize("module", ["no_such_module", "protos", "no.such"])
    def test_a_module_that_cannot_be_run_is_named(self, module):
        with pytest.raises(OdapiError, match=f"no module '{module}' that can be run"):
            api_programs.run_module(module, [])

    @pytest.mark.parametrize(
        "module",
        ["utils/config_util.py", "object_detection.utils.config_util", "utils.config_util"],
    )
    def test_a_module_goes_by_several_names(self, module):
        assert api_programs._full_name(module) == "object_detection.utils.config_util"

    def test_the_command_line_is_the_program_s_while_it_runs(self, monkeypatch):
        seen = []
        monkeypatch.setattr(
            api_programs.runpy,
            "run_module",
            lambda name, **options: seen.append((name, list(sys.argv), options)),
        )
        before = list(sys.argv)
        api_programs.run_module("model_main_tf2", ["--model_dir", "m"])
        name = "object_detection.model_main_tf2"
        options = {"run_name": "__main__", "alter_sys": True}
        assert seen == [(name, [name, "--model_dir", "m"], options)]
        assert sys.argv == before

    def test_a_missing_apache_beam_is_one_message(self, monkeypatch):
        def run_module(name, **options):
            raise NameError("name 'beam' is not defined", name="beam")

        monkeypatch.setattr(api_programs.runpy, "run_module", run_module)
        find_spec = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: name != "apache_beam" and find_spec(name)
        )
        with pytest.raises(OdapiError, match="needs Apache Beam"):
            api_programs.run_module("model_main_tf2", [])

    def test_another_unknown_name_is_the_program_s_own_fault(self, monkeypatch):
        def run_module(name, **options):
            raise NameError("name 'bean' is not defined", name="bean")

        monkeypatch.setattr(api_programs.runpy, "run_module", run_module)
        with pytest.raises(NameError, match="bean"):
            api_programs.run_module("model_main_tf2", [])
