"""Files on disk: the weights of a network, and the whole state of a training run.

Writing is atomic (a new file, flushed, then renamed), so a kill at any moment leaves the old file or the new
one, never half of one. Reading never runs code from the file, and a bad file gives one sentence.
"""

import hashlib
import os
import re
import warnings
import zipfile
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from dqn_course.errors import CheckpointError
from dqn_course.networks import NatureQNetwork, QNetwork

FORMAT = "dqn_course training state"
VERSION = 1
FRAME_FIELDS = ("actions", "rewards", "terminated", "starts", "cut")
SHIPPED = files("dqn_course") / "weights"
LANDER_WEIGHTS = SHIPPED / "lander.safetensors"


def save_weights(network, path, half=False):
    """Write the ``state_dict`` of ``network`` to ``path`` (``.safetensors``, or any other name for torch's format).

    ``network`` may be the ``state_dict`` itself. ``half``: as float16, half the size, three decimal digits of each
    weight. Raises CheckpointError when the file cannot be written, or when a weight is too large for float16.
    """
    weights = network if isinstance(network, dict) else network.state_dict()
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    if half:
        weights = {name: tensor.half() for name, tensor in weights.items()}
        if not all(tensor.isfinite().all() for tensor in weights.values()):
            raise CheckpointError(f"a weight is no number that float16 can hold; {path} is not written")
    if Path(path).suffix == ".safetensors":
        checksum = {"sha256": _digest(weights)}  # torch's format has checksums of its own, this one has none
        _replace(path, lambda new: safetensors.torch.save_file(weights, new, checksum))
    else:
        _replace(path, lambda new: torch.save(weights, new))


def load_weights(path):
    """The ``state_dict`` in a file of weights. Raises CheckpointError when the file is missing, damaged or foreign."""
    path = Path(path)
    if path.suffix == ".safetensors":
        _require(path)
        try:
            with safetensors.safe_open(path, "pt") as file:
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
                checksum = (file.metadata() or {}).get("sha256")
        except Exception as error:
            raise CheckpointError(f"{path} is damaged or not a safetensors file: {_first_line(error)}") from None
        if checksum not in (None, _digest(weights)):
            raise CheckpointError(f"{path} is damaged (its checksum is wrong); copy a good one back")
        return weights
    weights = _torch_load(path)
    if isinstance(weights, dict) and weights.get("format") == FORMAT:
        raise CheckpointError(f"{path} is a whole training run, not weights; use the checkpoint.pth beside it")
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise CheckpointError(f"{path} holds no weights: expected a state_dict, one tensor per name")
    return weights


def load_q_network(path=LANDER_WEIGHTS):
    """A ``QNetwork`` with the weights in ``path`` (the trained lander of the course when none is given).

    The sizes of the layers are read from the weights. Raises CheckpointError when they belong to another class.
    """
    weights = load_weights(path)
    _require_layers(weights, path, "QNetwork", ("fc1", "fc2", "fc3"))
    try:
        (fc1_units, state_size), (action_size, fc2_units) = weights["fc1.weight"].shape, weights["fc3.weight"].shape
        network = QNetwork(state_size, action_size, 0, fc1_units, fc2_units)
        network.load_state_dict(weights)
    except (ValueError, RuntimeError) as error:
        raise CheckpointError(f"the layers in {path} do not fit together: {_first_line(error)}") from None
    return network


def load_nature_network(source):
    """A ``NatureQNetwork`` with the weights in ``source``: a file, or the name of a game whose agent the course ships.

    The numbers of frames and actions are read from the weights, which become float32 whatever they were stored as.
    Raises CheckpointError when there is no such file or agent, or when the weights are damaged or of another network.
    """
    path = shipped_file(source) if is_name(source) else Path(source)
    weights = load_weights(path)
    layers = ("conv1", "conv2", "conv3", "fc1", "fc2")
    _require_layers(weights, path, "NatureQNetwork", layers)
    try:
        history, n_actions = weights["conv1.weight"].shape[1], weights["fc2.weight"].shape[0]
        network = NatureQNetwork(n_actions, 0, history)
        network.load_state_dict(weights)  # copied into the float32 parameters
    except (ValueError, RuntimeError, IndexError) as error:
        raise CheckpointError(f"the layers in {path} do not fit together: {_first_line(error)}") from None
    if not all(torch.isfinite(weight).all() for weight in network.parameters()):
        raise CheckpointError(f"{path} holds weights that are no numbers (nan or inf)")
    return network


def is_name(source):
    """Does ``source`` name an agent of the course, as "pong" does? A path has a suffix or a folder, or it exists."""
    return isinstance(source, str) and not (Path(source).suffix or len(Path(source).parts) > 1 or Path(source).exists())


def shipped_games():
    """The games whose trained agents come with the course, by the emulator's names."""
    names = (Path(file.name) for file in SHIPPED.iterdir())
    return sorted(name.stem for name in names if name.suffix == ".safetensors" and name.stem != "lander")


def shipped_file(game):
    """The file of weights that the course brings for ``game`` ("space_invaders" or "Space Invaders").

    Raises CheckpointError when it brings none, with the games for which it does.
    """
    name = game.lower().replace(" ", "_")
    if name not in shipped_games():
        there = f"only for {', '.join(shipped_games())}" if shipped_games() else "for no game yet"
        raise CheckpointError(f"the course ships no weights for {game}, {there}; name a file of weights instead")
    return SHIPPED / f"{name}.safetensors"


def _require_layers(weights, path, kind, layers):
    if set(weights) != {f"{layer}.{part}" for layer in layers for part in ("weight", "bias")}:
        raise CheckpointError(
            f"{path} belongs to another network: it has {', '.join(sorted(map(str, weights))) or 'no tensors'}, "
            f"a {kind} has {', '.join(layers[:-1])} and {layers[-1]}"
        )


def save_training_state(state, path):
    """Write ``state`` (nested dicts and lists of tensors, numbers and strings) to ``path``, atomically.

    Raises CheckpointError when the file cannot be written.
    """
    _replace(path, lambda new: torch.save({"format": FORMAT, "version": VERSION, **state}, new))


def load_training_state(path):
    """Read what ``save_training_state`` wrote. Raises CheckpointError when the file is missing, damaged or foreign."""
    state = _torch_load(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a training run of this course; move it away or give another name")
    if state.get("version") != VERSION:
        raise CheckpointError(
            f"{path} was written by another version of the course (format {state.get('version')}, this one reads "
            f"{VERSION}); start a new run with resume=False"
        )
    return state


def _torch_load(path):
    _require(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()  # torch does not compare the checksums itself
            if damaged:
                raise zipfile.BadZipFile(f"the checksum of {damaged} is wrong")
        with warnings.catch_warnings(action="ignore"):
            return torch.load(path, map_location="cpu", weights_only=True)  # weights_only: never runs code
    except PermissionError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    except Exception as error:
        foreign = re.search(r"GLOBAL (\S+)", str(error))  # what the file asked for
        if foreign:
            reason = f"{path} holds more than tensors and numbers ({foreign[1]}), so it was not opened"
        elif isinstance(error, zipfile.BadZipFile):
            reason = f"{path} is damaged ({_first_line(error)}); copy a good one back"
        else:
            reason = f"{path} is damaged or not a PyTorch file"
        raise CheckpointError(reason) from None


def _require(path):
    if Path(path).is_dir():
        raise CheckpointError(f"{path} is a folder; name a file in it")
    if not Path(path).is_file():
        raise CheckpointError(f"there is no file {path}")


def _replace(path, write):
    """Let ``write(new_path)`` make a file beside ``path``, then put it in the place of ``path`` in one step."""
    path = Path(path)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(new)
            with open(new, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:  # torch and safetensors have their own
        reason = getattr(error, "strerror", None) or _first_line(error)
        raise CheckpointError(
            f"{path} cannot be written ({reason}); is the disk full, or the folder not yours?"
        ) from None


def _digest(weights):
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(f"{name} {tuple(weights[name].shape)} ".encode())
        digest.update(weights[name].contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def save_frames(memory, folder, rows_per_file=1250):
    """Write what is new in a ``FrameReplay`` to ``folder``; return the names of the files that make it up.

    Rows that were saved before are not written again: a file holds ``rows_per_file`` rows, named by their count since
    the start of the run, and never changes once it is full. Pictures of games compress to a few per cent. The caller
    keeps the names in its own state, and after that removes what is not among them (``keep_only``): whenever a kill
    comes, the last state finds all of its files.
    Raises CheckpointError when a file cannot be written.
    """
    folder = Path(folder)
    names = []
    start = max(0, memory.added - memory.n_rows) // rows_per_file * rows_per_file
    for first in range(start, memory.added, rows_per_file):
        last = min(first + rows_per_file, memory.added)
        name = f"rows_{first:09d}_{last:09d}.npz"
        names.append(name)
        if not (folder / name).exists():
            kept = np.arange(max(first, memory.added - memory.n_rows), last)
            rows = kept % memory.n_rows
            fields = {field: getattr(memory, field)[rows] for field in FRAME_FIELDS}
            fields |= {"frames": memory.frames[torch.from_numpy(rows)].cpu().numpy(), "kept": kept}
            _replace(folder / name, lambda new, fields=fields: _write_npz(new, fields))
    return names


def load_frames(memory, folder, names, added, rng_state):
    """Fill a new ``FrameReplay`` from the files ``names`` in ``folder``, as it was after ``added`` rows.

    Raises CheckpointError when a file is missing, damaged or of another shape.
    """
    for name in names:
        path = Path(folder) / name
        _require(path)
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = file["kept"]
                live = kept >= added - memory.n_rows
                rows = kept[live] % memory.n_rows
                memory.frames[torch.from_numpy(rows)] = torch.from_numpy(file["frames"][live]).to(memory.frames.device)
                for field in FRAME_FIELDS:
                    getattr(memory, field)[rows] = file[field][live]
        except (OSError, ValueError, KeyError, RuntimeError, IndexError, zipfile.BadZipFile, zlib.error) as error:
            raise CheckpointError(f"{path} is damaged or of another run: {_first_line(error)}") from None
    memory.added = added
    memory.rng.bit_generator.state = rng_state


def keep_only(names, folder):
    """Remove the files of ``save_frames`` in ``folder`` that are not among ``names``."""
    for path in Path(folder).glob("*rows_*.npz*"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def _write_npz(path, arrays):
    """``np.savez_compressed`` at the fastest level, which is several times as fast and not much larger."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
