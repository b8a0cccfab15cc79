"""The house's rules that no single room can keep: layers, sizes, what lies where."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "microgradnet"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the bottom up; a module imports from its own layer or from lower ones, never in a
# circle. A package stands for all modules inside it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "backend", "memory"),
    ("graph", "rules", "steps", "support", "scalars", "sweeps", "views", "declare"),
    ("ops",),
    ("value", "operators", "methods", "numpy_protocol", "namespace"),
    ("transforms", "arguments", "matrices", "checkpoint", "program"),
    ("testing", "nn", "optim", "viz"),
    ("tutorial",),
    ("__main__", "__init__"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

MAX_LINES = 400
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "microgradnet", "tests", "demos"}

# "module: imported name" -> why it cannot stand at the top of the file.
LOCAL_IMPORTS: dict[str, str] = {}


def dotted(path: Path) -> str:
    """Name a module within the package: ``ops.special``; ``ops.__init__`` for a package."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


NAMES = {dotted(path) for path in MODULES}


def resolve(parts: list[str]) -> str:
    """Find the module that a dotted path means, of which the tail may be a name inside it."""
    for end in range(len(parts), 0, -1):
        for name in (".".join(parts[:end]), ".".join([*parts[:end], "__init__"])):
            if name in NAMES:
                return name
    return "__init__"


def targets(node: ast.AST, module: str) -> list[str]:
    """Modules of the package that an import statement imports."""
    if isinstance(node, ast.Import):
        paths = [alias.name.split(".") for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        stem = node.module.split(".") if node.module else []
        if node.level:
            stem = ["microgradnet", *module.split(".")[: -node.level], *stem]
        paths = [[*stem, alias.name] for alias in node.names]
    else:
        return []
    return [resolve(path[1:]) for path in paths if path[0] == "microgradnet"]


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {target for node in ast.walk(tree) for target in targets(node, dotted(path))}


def level(module: str) -> int:
    room = module.split(".")[0]
    assert room in LEVEL, f"microgradnet/{room} is in no layer; give it a place in LAYERS"
    return LEVEL[room]


def test_targets_are_read_in_every_spelling() -> None:
    def read(code: str, module: str = "value") -> list[str]:
        return targets(ast.parse(code).body[0], module)

    assert read("import numpy as np") == []
    assert read("import microgradnet.graph") == ["graph"]
    assert read("from microgradnet import Value") == ["__init__"]
    assert read("from microgradnet.graph import Node") == ["graph"]
    assert read("from . import graph, rules") == ["graph", "rules"]
    assert read("from .graph import Node") == ["graph"]
    assert read("from ..graph import Node", "ops.special") == ["graph"]
    assert read("from .. import graph", "ops.special") == ["graph"]
    assert read("from . import special", "ops.__init__") == ["ops.special"]
    assert read("from .ops.special import sigmoid") == ["ops.special"]
    assert read("from .ops import nothing_of_that_name") == ["ops.__init__"]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_down(path: Path) -> None:
    module = dotted(path)
    upward = sorted(t for t in imports(path) if level(t) > level(module))
    assert not upward, f"{module} (layer {level(module)}) imports {upward} from above it"


def test_no_import_circles() -> None:
    above: dict[str, set[str]] = {dotted(path): imports(path) for path in MODULES}
    # A module that nobody left imports may go; what can never go stands in a circle.
    while free := [m for m in above if not any(m in ts for n, ts in above.items() if n != m)]:
        for module in free:
            del above[module]
    assert not above, f"these modules import each other in a circle: {sorted(above)}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_stand_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    local = {
        f"{dotted(path)}: {ast.unparse(node)}"
        for function in ast.walk(tree)
        if isinstance(function, functions)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    unexplained = sorted(local - LOCAL_IMPORTS.keys())
    assert not unexplained, f"import these at the top, or say why not: {unexplained}"


@pytest.mark.parametrize("folder", ["microgradnet", "tests", "demos"])
def test_no_file_is_too_long(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long, f"files of more than {MAX_LINES} lines; split them by role: {long}"


@pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not a git checkout"
)
def test_top_level_is_tidy() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {line.split("/")[0] for line in listed.splitlines()}
    extra = sorted(name for name in names - TOP_LEVEL if not name.startswith("."))
    assert not extra, f"the top level holds {extra}; expected only {sorted(TOP_LEVEL)}"
