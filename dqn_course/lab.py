"""Open the course in JupyterLab: ``make lab``, ``dqn-course lab`` or ``python -m dqn_course.lab``."""

import argparse
import errno
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WELCOME = "notebooks/00_welcome/00_welcome.ipynb"
FIRST_PORT = 8888

SETTINGS = {
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        "@jupyterlab/docmanager-extension:plugin": {
            "autosaveInterval": 30,
            "defaultViewers": {"markdown": "Markdown Preview"},
        },
    },
    "etc/jupyter/labconfig/page_config.json": {"disabledExtensions": {"@jupyter/nbgrader:create-assignment": True}},
}
"""JupyterLab's defaults in this environment, by file: it asks nothing at the start, saves every 30 seconds, shows
a page of text, such as the glossary, as a page, and has no panel that turns cells into graded ones."""


class LabError(Exception):
    """JupyterLab cannot start; the text is one sentence for the person at the keyboard."""


def main(arguments=None):
    """Start JupyterLab on the welcome notebook and stay until it is stopped; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="dqn-course lab",
        description="Open the course in JupyterLab. Options that are not listed here go to JupyterLab.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", help=f"the port to use; without it, the first free one from {FIRST_PORT} on")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    options, for_jupyter = parser.parse_known_args(arguments)
    try:
        port = choose_port(options.port)
        build_what_is_missing(ROOT)
        write_settings(Path(sys.prefix))
    except LabError as problem:
        print(problem, file=sys.stderr)
        return 2
    with_browser = has_browser() and not options.no_browser
    threading.Thread(target=announce, args=(with_browser,), daemon=True).start()
    serve(ROOT, port, with_browser, for_jupyter)
    return 0


def choose_port(named=None, first=FIRST_PORT):
    """The port that was named, or the first free one from ``first`` on. Raises ``LabError``."""
    if named is not None:
        if not (named.isascii() and named.isdecimal() and 0 < int(named) < 65536):
            raise LabError(f"{named} is not a port: name a number from 1024 to 65535, as in make lab PORT=8890.")
        trouble = try_port(int(named))
        if trouble == errno.EACCES:
            raise LabError(f"Port {named} is reserved for the system: name one above 1023, as in make lab PORT=8890.")
        if trouble:
            raise LabError(
                f"Port {named} is in use: stop the program that uses it (another JupyterLab?), "
                "name another port, or leave PORT out to get a free one."
            )
        return int(named)
    free = next((port for port in range(first, min(first + 100, 65536)) if not try_port(port)), None)
    if free is None:
        raise LabError(f"No port from {first} to {first + 99} is free: name one, as in make lab PORT=9999.")
    if free != first:
        print(f"Port {first} is in use, so this JupyterLab takes {free}.", flush=True)
    return free


def try_port(port):
    """0 where a server could listen on ``port`` of this machine, else the error number."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as trouble:
            return trouble.errno
    return 0


def build_what_is_missing(root):
    """Build the notebooks of lessons that have a source and no notebook; never touch one that is there."""
    if not (root / "notebooks").is_dir() and not (root / "solutions").is_dir():
        raise LabError(f"The lessons are not in {root}: run this from a copy of the course's repository.")
    sources = sorted((root / "solutions").glob("[0-9][0-9]_*/*.py"))
    names = [source.stem for source in sources if source.stem == source.parent.name]
    missing = [name for name in names if not (root / "notebooks" / name / f"{name}.ipynb").exists()]
    if not missing:
        return
    print(f"Building {', '.join(missing)} ...", flush=True)
    built = subprocess.run(
        [sys.executable, "-m", "dqn_course.build", *missing], cwd=root, capture_output=True, text=True
    )
    if built.returncode != 0:
        reason = (built.stderr + built.stdout).strip().splitlines() or ["no reason given"]
        raise LabError(f"The notebooks could not be built: {reason[-1]}")


def write_settings(prefix):
    """Put ``SETTINGS`` where this environment's JupyterLab finds its defaults; a person's own settings win."""
    for name, settings in SETTINGS.items():
        file, text = prefix / name, json.dumps(settings, indent=2) + "\n"
        try:
            if not file.exists() or file.read_text() != text:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        except OSError:
            pass  # an environment that belongs to somebody else: JupyterLab then asks its own questions


def has_browser():
    """Whether a browser window can open here; a terminal browser would only take the terminal away."""
    if os.environ.get("CI"):
        return False
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def announce(with_browser):
    """Say where JupyterLab is as soon as it serves."""
    from jupyter_server.serverapp import list_running_servers

    while not (mine := [server for server in list_running_servers() if server["pid"] == os.getpid()]):
        time.sleep(0.1)
    address = f"{mine[0]['url']}lab/tree/{WELCOME}"
    if mine[0]["token"]:
        address += f"?token={mine[0]['token']}"
    print("\nThe course is open in your browser; if not, open" if with_browser else "\nOpen this address in a browser:")
    print(f"\n    {address}\n\nTo stop, press Ctrl-C twice here.\n", flush=True)


def serve(root, port, with_browser, for_jupyter=()):
    """Run JupyterLab with ``root`` as its folder until it is stopped."""
    from jupyterlab.labapp import LabApp

    os.chdir(root)  # nbgrader looks for nbgrader_config.py in the working directory
    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={root}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.open_browser={with_browser}",
            f"--ServerApp.allow_root={os.geteuid() == 0 if hasattr(os, 'geteuid') else False}",
            f"--IdentityProvider.token={secrets.token_hex(24)}",
            f"--LabApp.default_url=/lab/tree/{WELCOME}",
            "--LabApp.extension_manager=readonly",
            "--KernelManager.transport_encryption=auto",  # else every kernel warns that it has none
            "--Application.log_level=ERROR",
            *for_jupyter,
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
