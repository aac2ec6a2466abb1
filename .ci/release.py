"""Build the release of a tag into dist/: ``python .ci/release.py v0.1.0``.

A source archive, and the wheel made from it. Fails where the tag is not the version, or where
the changelog has no dated entry for that version.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
URLS = """
[project.urls]
Homepage = "{home}"
Documentation = "{home}/blob/{tag}/README.md"
Changelog = "{home}/blob/{tag}/CHANGELOG.md"
Issues = "{home}/issues"
"""


def check(tag: str) -> None:
    """Exit with a message where the tag does not fit what is released."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if tag != f"v{version}":
        sys.exit(f"the tag is {tag}, the version in pyproject.toml {version}: tag v{version}")
    entry = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$"
    if not re.search(entry, (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        sys.exit(f'CHANGELOG.md has no entry "## [{version}] - YYYY-MM-DD": write it')


def add_urls(tag: str) -> None:
    """Add the repository's address to the metadata: GitHub's machine knows it, no file does."""
    if repository := os.environ.get("GITHUB_REPOSITORY"):
        home = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}"
        with (ROOT / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(URLS.format(home=home, tag=tag))


def main() -> None:
    """Check the tag, then build."""
    if len(sys.argv) != 2:
        sys.exit("usage: python .ci/release.py TAG")
    check(sys.argv[1])
    add_urls(sys.argv[1])
    for name in ("build", "dist"):  # what an earlier build left would get into the wheel
        shutil.rmtree(ROOT / name, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", ROOT], check=True)


if __name__ == "__main__":
    main()
