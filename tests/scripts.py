"""Scripts of the repository as modules, for their tests."""

import importlib.util
import sys


def load(path, name):
    """The script at ``path`` as a fresh module called ``name``; so called because others of its file name exist."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
