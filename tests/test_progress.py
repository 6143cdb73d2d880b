from odapi_ssd.progress import SILENT, Progress, StepReport

_REPORT = StepReport(
    step=3,
    num_steps=8,
    losses={"Loss/localization_loss": 0.5, "Loss/total_loss": 2.25},
    learning_rate=0.1,
    images_per_second=4.0,
    seconds_left=None,
)


def test_the_total_loss_is_the_one_of_the_api_s_name():
    assert _REPORT.total_loss == 2.25


def test_the_default_ignores_every_report(capfd):
    SILENT.phase("Building")
    SILENT.warning("two eval_input_readers")
    SILENT.advance(0, None)
    SILENT.step(_REPORT)
    SILENT.saved("ckpt-1", 3)
    assert capfd.readouterr() == ("", "")


def test_a_subclass_overrides_what_it_wants():
    class Counting(Progress):
        last = (0, None)

        def advance(self, num_done, num_total):
            self.last = (num_done, num_total)

    progress = Counting()
    progress.phase("ignored")
    progress.advance(2, 5)
    assert progress.last == (2, 5)
