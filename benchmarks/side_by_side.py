"""What the benchmarks of the two training loops share: the end of the timed steps, the machine in words, spreads."""

import importlib.util
import os
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np


class TimeUp(Exception):
    """The timed agent steps are over."""


def without_missing(contenders):
    """``{name: contender}`` without Stable-Baselines3's if that is not installed; says so."""
    if importlib.util.find_spec("stable_baselines3") is not None:
        return dict(contenders)
    print("Stable-Baselines3 is not installed, so it is left out: pip install -e '.[bench]' -c constraints.txt\n")
    return {name: contender for name, contender in contenders.items() if not name.startswith("sb3")}


def report_machine(*packages):
    """Print the processor, the versions of ``packages``, and a word when other programs are busy."""
    names = [*packages, *(["stable-baselines3"] if importlib.util.find_spec("stable_baselines3") is not None else [])]
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"Other programs are busy here (load {load:.1f}): the numbers will be lower and less certain.")


def processor():
    """The name of the processor, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.is_file() else ():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def spread(values, form="{:,.0f}"):
    """The median of ``values``, and the lowest and highest in brackets."""
    low, middle, high = (form.format(function(values)) for function in (np.min, np.median, np.max))
    return f"{middle:>6} ({low} to {high})"
