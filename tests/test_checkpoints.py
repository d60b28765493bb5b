"""Files on disk: whatever is wrong with one, a person gets one sentence and no code in it ever runs."""

import os
import pickle
import resource
import traceback
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch

from dqn_course import checkpoints
from dqn_course.checkpoints import (
    load_nature_network,
    load_q_network,
    load_training_state,
    load_weights,
    save_training_state,
    save_weights,
)
from dqn_course.errors import CheckpointError, CourseError, TrainingError
from dqn_course.networks import NatureQNetwork, QNetwork

loaders = pytest.mark.parametrize("load", [load_weights, load_q_network, load_training_state])


@pytest.fixture
def network():
    return QNetwork(8, 4, seed=1)


def refusal(load, path):
    """The message of the CheckpointError that ``load(path)`` raises; it is one plain line that names the file."""
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message and "\x1b" not in message and len(message) < 400
    shown = traceback.format_exception(caught.value)
    assert sum(line.startswith("Traceback") for line in shown) == 1  # nothing of torch's own traceback
    return message


def same(one, other):
    """Whether two nested states are equal to the last bit, types included."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    return type(one) is type(other) and one == other


# --- good files


@pytest.mark.parametrize("name", ["checkpoint.pth", "lander.safetensors", "any.name"])
def test_weights_come_back_as_they_were_saved(network, tmp_path, name):
    for what in (network, network.state_dict()):
        save_weights(what, tmp_path / name)
        assert same(dict(load_weights(tmp_path / name)), dict(network.state_dict()))
        loaded = load_q_network(str(tmp_path / name))
        states = torch.randn(20, 8)
        assert torch.equal(loaded(states), network(states))


def test_the_sizes_of_the_layers_are_read_from_the_weights(tmp_path):
    save_weights(QNetwork(3, 5, 0, 11, 13), tmp_path / "small.pth")
    layers = [(layer.in_features, layer.out_features) for layer in load_q_network(tmp_path / "small.pth").children()]
    assert layers == [(3, 11), (11, 13), (13, 5)]


def test_a_checkpoint_is_a_plain_state_dict_that_torch_alone_can_load(network, tmp_path):
    save_weights(network, tmp_path / "checkpoint.pth")
    again = QNetwork(8, 4, seed=2)
    again.load_state_dict(torch.load(tmp_path / "checkpoint.pth", weights_only=True))
    assert same(dict(again.state_dict()), dict(network.state_dict()))


def test_weights_saved_by_an_old_torch_are_read(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert same(dict(load_weights(tmp_path / "old.pth")), dict(network.state_dict()))


def test_safetensors_of_others_without_our_checksum_are_read(network, tmp_path):
    safetensors.torch.save_file(network.state_dict(), tmp_path / "theirs.safetensors")
    assert same(load_weights(tmp_path / "theirs.safetensors"), dict(network.state_dict()))


def test_a_training_state_comes_back_as_it_was_saved(tmp_path):
    state = {
        "tensor": torch.randn(3), "views": [torch.arange(10)[2:5]], "pair": (1, (2.5, None)), "big": 2**127 + 1,
        "flag": True, "nested": {"text": "é", 3: [0.1 + 0.2]}, "empty": torch.zeros(0, 8),
    }  # fmt: skip
    save_training_state(state, tmp_path / "deep" / "folder" / "state.pt")
    loaded = load_training_state(tmp_path / "deep" / "folder" / "state.pt")
    assert same({name: loaded[name] for name in state}, state)


# --- bad files


@loaders
def test_a_missing_file_and_a_folder_are_named(tmp_path, load):
    assert refusal(load, tmp_path / "nothing.pth") == f"there is no file {tmp_path / 'nothing.pth'}"
    assert refusal(load, tmp_path) == f"{tmp_path} is a folder; name a file in it"


@loaders
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", ["empty", "zero", "zip", "html", "random", "random zip", "pickle"])
def test_what_is_no_file_of_weights_is_refused(tmp_path, load, suffix, content):
    random = np.random.default_rng(0).bytes(5000)
    path = tmp_path / f"file{suffix}"
    path.write_bytes(
        {
            "empty": b"",
            "zero": b"\0",
            "zip": b"PK\x03\x04",
            "html": b"<!doctype html><title>404</title>",
            "random": random,
            "random zip": b"PK\x03\x04" + random,
            "pickle": pickle.dumps({"fc1.weight": [1.0, 2.0]}),
        }[content]
    )
    refusal(load, path)


@pytest.mark.parametrize("name", ["checkpoint.pth", "lander.safetensors"])
def test_a_file_cut_short_anywhere_is_refused(network, tmp_path, name):
    path = tmp_path / name
    save_weights(network, path)
    whole = path.read_bytes()
    for length in [*range(0, 100, 7), *np.linspace(100, len(whole) - 1, 60, dtype=int)]:
        path.write_bytes(whole[:length])
        assert "damaged" in refusal(load_weights, path)


@pytest.mark.parametrize("name", ["checkpoint.pth", "lander.safetensors"])
def test_a_flipped_byte_is_found_or_harmless_wherever_it_is(tmp_path, name):
    path, network = tmp_path / name, QNetwork(2, 2, 0, 3, 3)
    save_weights(network, path)
    whole, weights = path.read_bytes(), dict(network.state_dict())
    refused = 0
    for position in np.random.default_rng(0).choice(len(whole), 400, replace=False):
        damaged = bytearray(whole)
        damaged[position] ^= 0x41
        path.write_bytes(damaged)
        try:
            loaded = load_weights(path)
        except CheckpointError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert same(dict(loaded), weights)
    assert refused > 100


@pytest.mark.parametrize("name", ["checkpoint.pth", "lander.safetensors"])
def test_a_flipped_bit_in_a_weight_is_never_loaded(network, tmp_path, name):
    path = tmp_path / name
    save_weights(network, path)
    whole = path.read_bytes()
    needle = network.fc2.weight.detach().numpy()[10].tobytes()
    position = whole.index(needle) + 17
    path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
    assert "damaged" in refusal(load_weights, path)
    assert "damaged" in refusal(load_q_network, path)


def test_a_flipped_byte_in_a_training_state_is_found(tmp_path):
    path = tmp_path / "state.pt"
    save_training_state({"agent": torch.randn(5000)}, path)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    assert "checksum" in refusal(load_training_state, path)


class Bomb:
    """Its pickle creates the file ``fuse`` when it is loaded by somebody careless."""

    def __init__(self, fuse):
        self.fuse = fuse

    def __reduce__(self):
        return (os.mkdir, (str(self.fuse),))


@loaders
@pytest.mark.parametrize("kind", ["torch", "old torch", "pickle", "pickle protocol 2"])
def test_code_in_a_file_never_runs(tmp_path, load, kind):
    path, fuse = tmp_path / "evil.pth", tmp_path / "it_ran"
    bomb = {"fc1.weight": Bomb(fuse), "format": checkpoints.FORMAT, "version": checkpoints.VERSION}
    if kind.startswith("pickle"):
        path.write_bytes(pickle.dumps(bomb, protocol=2 if kind.endswith("2") else None))
    else:
        torch.save(bomb, path, _use_new_zipfile_serialization=kind == "torch")
    refusal(load, path)
    assert not fuse.exists()
    if kind == "torch":
        assert "holds more than tensors and numbers (posix.mkdir), so it was not opened" in refusal(load, path)
        with pytest.raises(Exception):  # noqa: B017 (after the bomb, torch stumbles over something of its own)
            torch.load(path, weights_only=False)["no such name"]
        assert fuse.exists()  # the bomb was live


@loaders
def test_a_whole_network_that_was_pickled_is_refused_with_its_reason(network, tmp_path, load):
    torch.save(network, tmp_path / "network.pth")
    assert "dqn_course.networks.QNetwork" in refusal(load, tmp_path / "network.pth")


@loaders
@pytest.mark.parametrize(
    "foreign",
    [torch.ones(3), [1, 2], {"epoch": 3}, {"a": {"b": torch.ones(1)}}, "text", 5, None],
    ids=["tensor", "list", "number", "nested", "text", "five", "none"],
)
def test_a_pytorch_file_of_something_else_is_refused(tmp_path, load, foreign):
    torch.save(foreign, tmp_path / "foreign.pth")
    refusal(load, tmp_path / "foreign.pth")


@loaders
def test_another_zip_file_is_refused(tmp_path, load):
    with zipfile.ZipFile(tmp_path / "homework.pth", "w") as archive:
        archive.writestr("homework.txt", "my dog ate it")
    refusal(load, tmp_path / "homework.pth")


def test_the_weights_of_another_network_are_refused_with_their_names(tmp_path):
    torch.save(torch.nn.Sequential(torch.nn.Linear(8, 4)).state_dict(), tmp_path / "other.pth")
    message = refusal(load_q_network, tmp_path / "other.pth")
    assert "another network: it has 0.bias, 0.weight, a QNetwork has fc1, fc2 and fc3" in message


@pytest.mark.parametrize(
    "layer, shape", [("fc2.weight", (64, 63)), ("fc1.bias", (3,)), ("fc1.weight", (8,)), ("fc3.weight", ())]
)
def test_layers_that_do_not_fit_together_are_refused(network, tmp_path, layer, shape):
    torch.save({**network.state_dict(), layer: torch.zeros(shape)}, tmp_path / "odd.pth")
    assert "do not fit together" in refusal(load_q_network, tmp_path / "odd.pth")


def test_names_that_are_no_text_are_refused(network, tmp_path):
    torch.save({**network.state_dict(), 7: torch.zeros(1)}, tmp_path / "odd.pth")
    assert "belongs to another network" in refusal(load_q_network, tmp_path / "odd.pth")


def test_a_training_run_and_weights_are_not_taken_for_each_other(network, tmp_path):
    save_training_state({"agent": {}}, tmp_path / "training_state.pt")
    save_weights(network, tmp_path / "checkpoint.pth")
    assert "use the checkpoint.pth beside it" in refusal(load_weights, tmp_path / "training_state.pt")
    assert "is not a training run of this course" in refusal(load_training_state, tmp_path / "checkpoint.pth")


@pytest.mark.parametrize("version", [0, checkpoints.VERSION + 1, None])
def test_a_training_run_of_another_version_is_refused(tmp_path, version):
    torch.save({"format": checkpoints.FORMAT, "version": version}, tmp_path / "state.pt")
    message = refusal(load_training_state, tmp_path / "state.pt")
    assert f"another version of the course (format {version}, this one reads {checkpoints.VERSION})" in message
    assert "resume=False" in message


def test_a_file_that_may_not_be_read_is_not_called_damaged(network, tmp_path, monkeypatch):
    def forbidden(*args, **kwargs):  # mode 0 would not do: root may read everything
        raise PermissionError(13, "Permission denied")

    save_weights(network, tmp_path / "secret.pth")
    monkeypatch.setattr(torch, "load", forbidden)
    message = refusal(load_weights, tmp_path / "secret.pth")
    assert message == f"{tmp_path / 'secret.pth'} cannot be read: Permission denied"


# --- writing


def litter(folder, *expected):
    return sorted(path.name for path in folder.iterdir() if path.name not in expected)


@pytest.mark.parametrize("moment", ["writing", "flushing", "renaming"])
@pytest.mark.parametrize("name", ["checkpoint.pth", "lander.safetensors"])
def test_a_crash_while_writing_leaves_the_old_file_and_no_litter(network, tmp_path, monkeypatch, moment, name):
    path = tmp_path / name
    save_weights(network, path)
    old = path.read_bytes()

    def crash(*args, **kwargs):
        if moment == "writing":
            new = args[1]
            new.write_bytes(b"half of it")
        raise KeyboardInterrupt

    if moment == "writing":
        monkeypatch.setattr(torch, "save", crash)
        monkeypatch.setattr(safetensors.torch, "save_file", crash)
    else:
        monkeypatch.setattr(os, {"flushing": "fsync", "renaming": "replace"}[moment], crash)
    with pytest.raises(KeyboardInterrupt):
        save_weights(QNetwork(8, 4, seed=2), path)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert litter(tmp_path, name) == []


def test_the_new_file_is_on_disk_before_it_takes_the_place_of_the_old_one(network, tmp_path, monkeypatch):
    calls = []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("fsync"), real_fsync(file)))
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), real_replace(a, b)))
    save_weights(network, tmp_path / "checkpoint.pth")
    assert calls == ["fsync", "replace"]


@pytest.mark.parametrize("name", ["checkpoint.pth", "lander.safetensors"])
def test_a_full_disk_is_one_sentence_and_the_old_file_stays(network, tmp_path, name):
    path = tmp_path / name
    save_weights(QNetwork(2, 2, 0, 3, 3), path)
    old = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))  # a write beyond 10 kB fails, as on a full disk
    try:
        message = refusal(lambda path: save_weights(network, path), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be written" in message and "is the disk full" in message
    assert path.read_bytes() == old
    assert litter(tmp_path, name) == []


def test_a_folder_that_cannot_be_made_is_one_sentence(network, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refusal(lambda path: save_weights(network, path), tmp_path / "file" / "a.pth")


@pytest.mark.parametrize("kind", [CheckpointError, TrainingError])
def test_errors_for_people_are_one_line_in_a_notebook(kind):
    assert kind("one plain sentence")._render_traceback_() == [f"{kind.__name__}: one plain sentence"]


def test_errors_for_people_keep_their_traceback_outside_notebooks():
    assert issubclass(CheckpointError, CourseError)
    try:
        load_weights("nothing.pth")
    except CheckpointError as error:
        assert "_require" in "".join(traceback.format_exception(error))


# --- the weights of an Atari network


@pytest.fixture(scope="module")
def nature_file(tmp_path_factory):
    """A file with the weights of an untrained network for a game of 6 actions."""
    path = tmp_path_factory.mktemp("nature") / "net.safetensors"
    save_weights(NatureQNetwork(6, seed=3), path)
    return path


def test_the_sizes_of_an_atari_network_are_read_from_its_weights(nature_file, tmp_path):
    network = load_nature_network(nature_file)
    expected = NatureQNetwork(6, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), expected.parameters(), strict=True))
    save_weights(NatureQNetwork(4, history=2), tmp_path / "other.pth")
    other = load_nature_network(str(tmp_path / "other.pth"))
    assert (other.fc2.out_features, other.conv1.in_channels) == (4, 2)


def test_weights_in_float16_take_half_the_space_and_come_back_as_float32(nature_file, tmp_path):
    network = load_nature_network(nature_file)
    save_weights(network, tmp_path / "half.safetensors", half=True)
    size, full = (tmp_path / "half.safetensors").stat().st_size, nature_file.stat().st_size
    assert 0.49 < size / full < 0.52
    again = load_nature_network(tmp_path / "half.safetensors")
    for weight, rounded in zip(network.parameters(), again.parameters(), strict=True):
        assert rounded.dtype == torch.float32
        assert torch.equal(rounded, weight.half().float())
    assert next(network.parameters()).dtype == torch.float32  # the one that was saved is what it was


@pytest.mark.parametrize("value", [1e6, float("nan")])
def test_a_weight_that_float16_cannot_hold_is_refused(tmp_path, value):
    weights = NatureQNetwork(3).state_dict()
    weights["fc2.bias"][1] = value
    with pytest.raises(CheckpointError, match="no number that float16 can hold"):
        save_weights(weights, tmp_path / "half.safetensors", half=True)
    assert list(tmp_path.iterdir()) == []


def test_bad_files_of_an_atari_network_are_one_sentence(nature_file, tmp_path):
    def refused(source):
        with pytest.raises(CheckpointError) as error:
            load_nature_network(source)
        return str(error.value)

    assert "there is no file" in refused(tmp_path / "none.safetensors")
    assert "is a folder" in refused(tmp_path)
    save_weights(QNetwork(8, 4), tmp_path / "lander.pth")
    assert "belongs to another network: it has fc1.bias" in refused(tmp_path / "lander.pth")
    data = bytearray(nature_file.read_bytes())
    data[-1000] ^= 1
    (tmp_path / "bad.safetensors").write_bytes(data)
    assert "its checksum is wrong" in refused(tmp_path / "bad.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(data[:-40])
    assert "is damaged" in refused(tmp_path / "bad.safetensors")
    weights = load_weights(nature_file)
    save_weights(weights | {"fc2.bias": torch.ones(5)}, tmp_path / "sizes.safetensors")
    assert "do not fit together" in refused(tmp_path / "sizes.safetensors")
    save_weights(weights | {"fc2.bias": torch.full((6,), float("nan"))}, tmp_path / "nan.safetensors")
    assert "no numbers" in refused(tmp_path / "nan.safetensors")


def test_the_name_of_a_game_means_the_agent_that_the_course_ships(nature_file, tmp_path, monkeypatch):
    with pytest.raises(CheckpointError, match="ships no weights for montezuma_revenge, .*; name a file"):
        load_nature_network("montezuma_revenge")
    (tmp_path / "space_invaders.safetensors").write_bytes(nature_file.read_bytes())
    (tmp_path / "lander.safetensors").touch()
    (tmp_path / "README.md").touch()
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    assert checkpoints.shipped_games() == ["space_invaders"]
    for name in ("space_invaders", "Space Invaders"):
        assert load_nature_network(name).fc2.out_features == 6
    with pytest.raises(CheckpointError, match="ships no weights for lander, only for space_invaders"):
        load_nature_network("lander")


def test_every_shipped_agent_plays_its_game():
    from dqn_course.environments import make_atari

    for game in checkpoints.shipped_games():
        network = load_nature_network(game)
        assert network.fc2.out_features == make_atari(game).action_space.n and network.conv1.in_channels == 4
