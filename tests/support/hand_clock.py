"""A clock that tests set by hand."""


class HandClock:
    """Replaces the module `time` in the module under test."""

    def __init__(self):
        self.seconds = 100.0

    def monotonic(self):
        return self.seconds
