"""A page in a real browser: headless Chromium, without a network."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # In containers there is no other way.
    "--disable-gpu",
    "--disable-dev-shm-usage",  # It is small in containers.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_SECONDS = 120


class Browser:
    """Opens files; each call is a fresh browser with an empty profile."""

    def __init__(self, program: str, folder: Path):
        self._program, self._folder = program, folder

    @classmethod
    def find(cls, folder: Path) -> "Browser":
        """The installed one; skips the test where there is none.

        Args:
            folder: for profiles, an empty one.
        """
        found = next(filter(None, map(shutil.which, _NAMES)), None)
        if found is None:
            pytest.skip(
                f"no browser: none of {', '.join(_NAMES)} is installed; .ci/run installs it"
            )
        return cls(found, folder)

    def dump(self, page: Path, width: int = 1200, height: int = 900) -> tuple[str, str]:
        """The document after it has loaded, and what the browser wrote on its console."""
        done = self._run(page, width, height, "--dump-dom", "--enable-logging=stderr", "--v=0")
        lines = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
        return done.stdout, "\n".join(lines)

    def measure(self, page: Path, script: str, width: int) -> str:
        """What the body of a function gives on the page, as text.

        The script is added to a copy of the page, in which its policy allows that script alone. The
        copy is in a frame: a browser's window cannot be as narrow as a phone.
        """
        text = page.read_text(encoding="utf-8")
        policy = "default-src &#x27;none&#x27;;"
        assert (text.count(policy), text.count("</body>")) == (1, 1)
        text = text.replace(policy, f"{policy} script-src &#x27;nonce-test&#x27;;")
        added = (
            "<script nonce='test'>addEventListener('load', () => "
            f"parent.postMessage(String((() => {{{script}}})()), '*'))</script></body>"
        )
        copy = self._folder / "copy.html"
        copy.write_text(text.replace("</body>", added), encoding="utf-8")
        frame = self._folder / "frame.html"
        frame.write_text(
            "<!DOCTYPE html><script>addEventListener('message', "
            "event => document.documentElement.dataset.measured = event.data)</script>"
            f'<iframe src="copy.html" width="{width}" height="20000" style="border:0"></iframe>'
        )
        dom, console = self.dump(frame)
        found = re.search(r'data-measured="([^"]*)"', dom)
        assert found, console
        return found[1]

    def screenshot(self, page: Path, path: Path, width: int, height: int) -> None:
        """Writes a PNG file of what is seen."""
        self._run(page, width, height, f"--screenshot={path}")

    def _run(self, page: Path, width: int, height: int, *flags: str) -> subprocess.CompletedProcess:
        profile = self._folder / "profile"
        try:
            return subprocess.run(
                [self._program, *_FLAGS, f"--user-data-dir={profile}",
                 f"--window-size={width},{height}", *flags, page.resolve().as_uri()],
                capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=True,
            )  # fmt: skip
        finally:
            shutil.rmtree(profile, ignore_errors=True)
