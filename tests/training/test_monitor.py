"""Reports and divergence, with losses and a clock by hand."""

import types

import pytest

from odapi_ssd.config.files import new_config
from odapi_ssd.errors import OdapiError
from tests.support.hand_clock import HandClock
from tests.support.recorded_progress import RecordedProgress

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.fixture
def clock(monkeypatch):
    from odapi_ssd.training import monitor

    clock = HandClock()
    monkeypatch.setattr(monitor, "time", clock)
    return clock


def _monitor(step=0, num_steps=10):
    from odapi_ssd.training.monitor import TrainingMonitor

    train_config = new_config().train_config
    train_config.num_steps, train_config.batch_size = num_steps, 4
    setup = types.SimpleNamespace(step=step, train_config=train_config, learning_rate=lambda: 0.25)
    return TrainingMonitor(setup, RecordedProgress())


def _losses(total=2.0):
    import tensorflow as tf

    return {"Loss/classification_loss": tf.constant(0.5), "Loss/total_loss": tf.constant(total)}


class TestReports:
    def test_first_step_then_once_a_second_then_the_last(self, clock):
        monitor = _monitor(num_steps=6)
        for seconds in (5.0, 0.4, 0.6, 0.9, 0.2, 0.0):
            clock.seconds += seconds
            monitor.step_done(_losses())
        assert [report.step for report in monitor.progress.reports] == [1, 3, 5, 6]

    def test_a_resumed_run_counts_on(self, clock):
        monitor = _monitor(step=7)
        assert monitor.is_first_step
        monitor.step_done(_losses())
        assert not monitor.is_first_step
        assert (monitor.step, monitor.num_steps) == (8, 10)

    def test_the_first_one_has_no_speed_as_it_includes_tracing(self, clock):
        monitor = _monitor()
        clock.seconds += 20
        monitor.step_done(_losses())
        (report,) = monitor.progress.reports
        assert (report.images_per_second, report.seconds_left) == (0.0, None)
        assert report.losses == {"Loss/classification_loss": 0.5, "Loss/total_loss": 2.0}
        assert report.learning_rate == 0.25

    def test_speed_and_time_left_are_those_since_the_last_report(self, clock):
        """2 steps of 4 images in 2 seconds; 7 steps are left."""
        monitor = _monitor()
        monitor.step_done(_losses())
        clock.seconds += 0.5
        monitor.step_done(_losses())
        clock.seconds += 1.5
        monitor.step_done(_losses())
        report = monitor.progress.reports[-1]
        assert report.images_per_second == pytest.approx(4.0)
        assert report.seconds_left == pytest.approx(7.0)


class TestDivergence:
    def test_before_the_first_step_all_is_well(self):
        assert _monitor().is_loss_finite()

    @pytest.mark.parametrize("total", [float("nan"), float("inf"), float("-inf")])
    def test_a_reported_step_ends_training(self, total):
        monitor = _monitor()
        with pytest.raises(OdapiError, match=r"at step 1 .* \(Loss/total_loss\)"):
            monitor.step_done(_losses(total))
        assert monitor.progress.reports == []

    def test_a_step_that_is_not_reported_is_noticed_when_asked(self, clock):
        monitor = _monitor()
        monitor.step_done(_losses())
        monitor.step_done(_losses(float("nan")))
        assert not monitor.is_loss_finite()
        with pytest.raises(OdapiError, match="at step 2"):
            monitor.require_finite_loss()


class TestGrowth:
    """A loss of 2 at the start; its thousandfold is 2000."""

    def _run(self, clock, losses, seconds=1.0, num_steps=1000, monitor=None):
        monitor = monitor or _monitor(num_steps=num_steps)
        for total in losses:
            clock.seconds += seconds
            monitor.step_done(_losses(total))
        return monitor

    def test_a_loss_that_stays_a_thousandfold_ends_training(self, clock):
        with pytest.raises(OdapiError) as raised:
            self._run(clock, [2.0, *[1.0] * 20, *[2.5e12] * 30])
        assert raised.value.problem == (
            "Training diverged: the loss has grown from 2 at the first step to 2.5e+12 at step 36 "
            "(median of the last 10 steps). The checkpoints saved before are untouched."
        )
        assert raised.value.hint.startswith("lower the learning rate")

    def test_it_is_noticed_while_one_step_in_many_is_reported(self, clock):
        monitor = _monitor(num_steps=1000)
        with pytest.raises(OdapiError, match="diverged"):
            self._run(clock, [2.0, *[1e6] * 900], seconds=0.125, monitor=monitor)
        # The first step, and then ten reports, a second from each other.
        assert monitor.step == 81

    def test_a_phase_that_passes_is_none(self, clock):
        """Of the last ten steps, six or more are high at eight reports in succession."""
        monitor = self._run(clock, [2.0] * 10 + [1e6] * 9 + [2.0] * 10)
        assert monitor.is_loss_sane()

    def test_nothing_of_it_is_saved(self, clock):
        monitor = self._run(clock, [2.0] + [1e6] * 4)
        assert monitor.is_loss_finite()
        assert not monitor.is_loss_sane()
        with pytest.raises(OdapiError, match=r"from 2 at the first step to 1e\+06 at step 5"):
            monitor.require_sane_loss()

    def test_a_short_run_does_not_end_well_with_it(self, clock):
        with pytest.raises(OdapiError, match="at step 3"):
            self._run(clock, [2.0, 1e4, 1e6], seconds=0.01, num_steps=3)

    def test_a_last_step_alone_is_a_spike(self, clock):
        monitor = self._run(clock, [2.0, 2.0, 2.0, 1e6], num_steps=4)
        monitor.require_sane_loss()

    def test_before_the_first_step_and_with_nan(self):
        monitor = _monitor()
        assert monitor.is_loss_sane()
        monitor.require_sane_loss()
        monitor.is_first_step = False
        monitor.step_done(_losses())
        monitor.step_done(_losses(float("nan")))
        assert not monitor.is_loss_sane()


def test_losses_are_read_once_a_second(clock):
    """Reading one waits for the device."""

    class Loss(float):
        num_read = 0

        def __float__(self):
            Loss.num_read += 1
            return super().__float__()

    monitor = _monitor(num_steps=100)
    for _ in range(20):
        clock.seconds += 0.01
        monitor.step_done({"Loss/total_loss": Loss(2.0)})
        if monitor.step == 1:
            assert Loss.num_read > 0
            Loss.num_read = 0
    assert Loss.num_read == 0


def test_summaries_are_written_at_the_step(clock, tmp_path):
    import tensorflow as tf

    monitor = _monitor(step=3)
    clock.seconds += 0.5
    monitor.step_done(_losses())
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        monitor.write_summaries()
    (path,) = tmp_path.glob("events.*")
    written = {}
    for record in tf.data.TFRecordDataset(str(path)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            written[value.tag] = (event.step, float(tf.make_ndarray(value.tensor)))
    assert written == {
        "steps_per_sec": (4, 2.0),
        "learning_rate": (4, 0.25),
        "Loss/classification_loss": (4, 0.5),
        "Loss/total_loss": (4, 2.0),
    }
