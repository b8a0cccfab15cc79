"""What is shipped: the version is one everywhere, types are marked, needs are small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import microgradnet

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_types_are_shipped() -> None:
    assert (Path(microgradnet.__file__).parent / "py.typed").read_text() == ""


def test_version_is_one_everywhere() -> None:
    version = PROJECT["version"]
    citation = (ROOT / ".github/CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / ".github/CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", citation, re.M) == [version]
    assert re.findall(r"^## \[(\d.*?)\]", changelog, re.M)[0] == version


def test_installed_version_matches() -> None:
    try:
        installed = metadata.version("microgradnet")
    except metadata.PackageNotFoundError:
        pytest.skip("run from a checkout that is not installed")
    assert installed == PROJECT["version"]


def test_runtime_needs_are_three() -> None:
    needs = {re.split(r"[<>=!~ \[]", need)[0] for need in PROJECT["dependencies"]}
    assert needs == {"numpy", "optree", "array-api-compat"}


# Rooms that only who asked for them enters, and what they need beyond the three.
OPTIONAL = {
    "tutorial": "matplotlib",
    "strategies": "hypothesis",
    "fuzz": "hypothesis",
    "plugin.py": "pytest",
}


def test_nobody_needs_what_is_optional() -> None:
    """The face, the checker and the command line load where nothing optional is installed."""
    code = (
        f"import sys\nfor name in {['mpmath', 'rich', *OPTIONAL.values()]}:\n"
        "    sys.modules[name] = None\n"
        "import microgradnet.testing, microgradnet.__main__\n"
        "assert microgradnet.testing.gradcheck(lambda x: x * x, 3.0).passed\n"
        "assert microgradnet.__main__.main(['fuzz']) == 2\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pip install hypothesis" in done.stderr


@pytest.mark.parametrize("module", sorted(Path(microgradnet.__file__).parent.rglob("*.py")))
def test_package_imports_only_what_it_declares(module: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    extras = [need for part, need in OPTIONAL.items() if part in module.parts]
    found -= {*extras} | sys.stdlib_module_names | {"microgradnet"}
    assert found <= {"numpy", "optree", "array_api_compat"}
