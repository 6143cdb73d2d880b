"""Progress as a user sees it, on a terminal and where output goes to a file."""

import io
import re
from contextlib import redirect_stdout

import pytest

from odapi_ssd.cli import progress_display
from odapi_ssd.progress import StepReport
from tests.support.hand_clock import HandClock


@pytest.fixture
def clock(monkeypatch):
    clock = HandClock()
    monkeypatch.setattr(progress_display, "time", clock)
    return clock


class _Terminal(io.StringIO):
    def isatty(self):
        return True

    def shown(self):
        """All that was ever shown, without escape codes."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of 100 columns, for `redirect_stdout`."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    return _Terminal()


def _report(step, **changes):
    values = {
        "step": step,
        "num_steps": 20,
        "losses": {"Loss/localization_loss": 0.5, "Loss/total_loss": 2.25},
        "learning_rate": 0.004,
        "images_per_second": 12.34,
        "seconds_left": 3725.0,
    }
    return StepReport(**{**values, **changes})


class TestItems:
    def test_a_line_every_ten_seconds_from_the_first_item_on_and_at_the_end(self, clock, capsys):
        with progress_display.item_display("Images converted") as progress:
            clock.seconds += 10
            progress.advance(1, 5)
            clock.seconds += 10
            progress.advance(2, 5)
            clock.seconds += 9.9
            progress.advance(3, 5)
            progress.advance(5, 5)
        assert capsys.readouterr().out == "Images converted: 2/5\nImages converted: 5/5\n"

    def test_an_unknown_total_is_left_out(self, clock, capsys):
        with progress_display.item_display("Images read") as progress:
            progress.advance(1, None)
            clock.seconds += 10
            progress.advance(7, None)
        assert capsys.readouterr().out == "Images read: 7\n"

    def test_nothing_done_prints_nothing(self, capsys):
        with progress_display.item_display("Images read"):
            pass
        assert capsys.readouterr().out == ""

    def test_a_bar_on_a_terminal(self, terminal):
        with redirect_stdout(terminal), progress_display.item_display("Images read") as progress:
            progress.phase("Reading [a]")
            progress.advance(3, 4)
        output = terminal.shown()
        assert "Reading [a]\n" in output
        assert "Images read" in output
        assert "3/4" in output

    def test_a_bar_that_counted_nothing_is_removed(self, terminal):
        with redirect_stdout(terminal), progress_display.item_display("Images read"):
            pass
        *_, after_last_erasure = terminal.getvalue().split("\x1b[2K")
        assert "Images read" not in after_last_erasure


class TestTraining:
    def test_lines_with_the_time(self, clock, capsys):
        with progress_display.training_display() as progress:
            progress.phase("Building the model")
            clock.seconds += 61
            progress.step(_report(1, images_per_second=0.0, seconds_left=None))
            clock.seconds += 9
            progress.step(_report(2))
            clock.seconds += 1
            progress.step(_report(3))
            progress.saved("run/ckpt-1", 3)
        assert capsys.readouterr().out.splitlines() == [
            "[0:00] Building the model",
            "[1:01] step 1/20  loss 2.250  (localization 0.500)  lr 0.004",
            "[1:11] step 3/20  loss 2.250  (localization 0.500)  lr 0.004  12.3 images/s  "
            "1:02:05 left",
            "[1:11] saved run/ckpt-1 (step 3)",
        ]

    def test_the_last_step_comes_at_once_and_without_time_left(self, clock, capsys):
        with progress_display.training_display() as progress:
            progress.step(_report(19))
            progress.step(_report(20, losses={"Loss/total_loss": 1.0}, seconds_left=0.0))
        assert capsys.readouterr().out.splitlines()[1:] == [
            "[0:00] step 20/20  loss 1.000  lr 0.004  12.3 images/s"
        ]

    def test_on_a_terminal_phases_and_the_last_step_stay(self, terminal, clock):
        with redirect_stdout(terminal), progress_display.training_display() as progress:
            progress.phase("Loading [x]")
            progress.step(_report(19))
            clock.seconds += 5
            progress.step(_report(20))
            progress.saved("run/ckpt-2", 20)
        lines = [line for line in terminal.shown().splitlines() if line.startswith("[")]
        assert lines[0] == "[0:00] Loading [x]"
        assert lines[1].startswith("[0:05] step 20/20  loss 2.250")
        assert lines[2:] == ["[0:05] saved run/ckpt-2 (step 20)"]


def test_phase_lines_are_plain(capsys):
    progress = progress_display.PhaseLines()
    progress.phase("Reading weights.pth")
    progress.advance(1, 2)
    assert capsys.readouterr().out == "Reading weights.pth\n"


def test_warnings_go_to_standard_error(capsys):
    for display in (
        progress_display.item_display("Images read"), progress_display.training_display()
    ):  # fmt: skip
        with display as progress:
            progress.warning("train_config.batch_size is 1")
    progress_display.PhaseLines().warning("no label map")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        *["Warning: train_config.batch_size is 1"] * 2,
        "Warning: no label map",
    ]
