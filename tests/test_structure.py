"""The shape of the repository: imports go downwards, the package is light, nothing stray lies around."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

# A module may import modules of the floors below its own and none beside or above it.
FLOORS = (
    {"errors"},
    {
        "config",
        "schedules",
        "networks",
        "replay",
        "optimizers",
        "preprocessing",
        "paper",
        "plotting",
        "video",
        "install",
        "cli_options",
        "stability",
        "tables",
    },
    {"environments", "gridworld", "tabular", "checkpoints", "agent", "doctor", "lab", "build", "executors"},
    {"atari_games", "extensions"},
    {"evaluation", "embedding", "atari_log", "run_state"},
    {"training", "atari_training", "atari_video", "ablation", "widgets"},
    {"readiness", "sweep", "comparison"},
    {"checks"},
    {"grading"},
    {"cli_atari"},
    {"cli"},
)

AT_THE_ROOT = {
    "README.md", "LICENSE", "Makefile", "pyproject.toml", "constraints.txt", "environment.yml", "nbgrader_config.py",
    ".gitignore", ".ci", "dqn_course", "solutions", "notebooks", "tests", "benchmarks",
}  # fmt: skip
MAY_BE_AT_THE_ROOT = {".gitattributes", ".github", "images", "docs"}


def floor(module):
    return next((number for number, modules in enumerate(FLOORS) if module in modules), None)


def imported_modules(path):
    """The modules of dqn_course (first level) that a file imports anywhere, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("dqn_course.")}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            parts = (node.module or "").split(".")
            if parts == ["dqn_course"]:
                found |= {name.name for name in node.names if not name.name.startswith("_")}
            elif parts[0] == "dqn_course":
                found.add(parts[1])
    return found


def upward_imports(package):
    """``(importing, imported)`` for every import in ``package`` that does not go downwards."""
    wrong = []
    for path in sorted(package.rglob("*.py")):
        module = path.relative_to(package).parts[0].removesuffix(".py")
        if module == "__init__":
            wrong += [("__init__", name) for name in imported_modules(path)]
            continue
        assert floor(module) is not None, f"give the new module {module} a floor in this test"
        for name in imported_modules(path) - {module}:
            if floor(name) is None or floor(name) >= floor(module):
                wrong.append((module, name))
    return wrong


def test_imports_of_the_package_go_downwards_only(root):
    assert upward_imports(root / "dqn_course") == []


@pytest.mark.parametrize(
    "module, line, wrong",
    [
        ("replay", "from dqn_course.networks import QNetwork", ("replay", "networks")),
        ("evaluation", "from dqn_course import training", ("evaluation", "training")),
        ("agent", "def f():\n    import dqn_course.environments", ("agent", "environments")),
        ("__init__", "from dqn_course.agent import Agent", ("__init__", "agent")),
    ],
)
def test_an_upward_import_is_found(tmp_path, module, line, wrong):
    (tmp_path / f"{module}.py").write_text(line)
    assert upward_imports(tmp_path) == [wrong]


def loaded_after(code, modules):
    report = f"{code}; import sys; print(*(name for name in {modules!r} if name in sys.modules))"
    return subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("module", ["dqn_course", "dqn_course.config", "dqn_course.cli", "dqn_course.doctor"])
def test_importing_it_loads_nothing_heavy(module):
    heavy = ("torch", "gymnasium", "matplotlib", "numpy", "tyro", "IPython", "nbgrader", "jupyterlab")
    assert loaded_after(f"import {module}", heavy) == []


def test_the_test_for_heavy_modules_sees_one():
    assert loaded_after("import dqn_course.schedules, numpy", ("torch", "numpy")) == ["numpy"]


def test_the_installer_and_the_lab_need_the_standard_library_only(root):
    for name in ("install.py", "lab.py"):
        tree = ast.parse((root / "dqn_course" / name).read_text())
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0] for node in top
        }
        assert names <= sys.stdlib_module_names, name


def tracked(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this copy is not a git repository")
    return [Path(name) for name in listed.stdout.split("\0") if name]


def test_the_root_holds_what_the_readme_lists_and_nothing_else(root):
    at_root = {path.parts[0] for path in tracked(root)}
    assert at_root - AT_THE_ROOT - MAY_BE_AT_THE_ROOT == set()
    assert AT_THE_ROOT - at_root == set()


def test_every_released_file_is_the_notebook_of_a_lesson_with_a_source(root):
    for path in tracked(root):
        if path.parts[0] == "notebooks":
            lesson = path.stem
            assert path == Path("notebooks", lesson, f"{lesson}.ipynb")
            assert (root / "solutions" / lesson / f"{lesson}.py").is_file()


def test_no_clip_checkpoint_or_database_is_tracked(root):
    stray = {".mp4", ".pth", ".pt", ".db", ".log", ".pyc"}
    assert [path for path in tracked(root) if path.suffix in stray] == []


def test_no_module_is_called_utils(root):
    assert [path for path in tracked(root) if path.stem in ("utils", "helpers", "misc", "common")] == []
