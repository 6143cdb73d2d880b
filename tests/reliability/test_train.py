"""Faults in `train`: no step that was saved is lost, and an orderly end saves the last one."""

import pytest

from tests.support.fault_plan import trials
from tests.support.faults import FULL_DISK, KILL, TWO
from tests.support.train_job import NUM_STEPS, TrainJob

pytestmark = [pytest.mark.slow, pytest.mark.tf]


@pytest.fixture(scope="module")
def saving_often(small_config_path, tmp_path_factory):
    return TrainJob(small_config_path, tmp_path_factory.mktemp("often"), 40)


@pytest.fixture(scope="module")
def saving_at_the_end(small_config_path, tmp_path_factory):
    return TrainJob(small_config_path, tmp_path_factory.mktemp("seldom"), 10 * NUM_STEPS)


@pytest.mark.parametrize("trial", trials("train"), ids=str)
def test_nothing_is_lost_and_the_same_command_goes_on(trial, inject, request):
    is_often = trial.is_aimed or trial.fault in (KILL, FULL_DISK, TWO)
    job = request.getfixturevalue("saving_often" if is_often else "saving_at_the_end")
    assert inject(job, trial).complaints() == []
