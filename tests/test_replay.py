"""The replay buffer against the deque of the classic workspace, and its way to disk and back."""

import collections

import numpy as np
import pytest
import torch

from dqn_course.replay import ReplayBuffer


def transition(number):
    """A transition that carries its own number in every field."""
    state = np.array([number, number + 0.25], np.float32)
    return state, number % 4, number / 2, state + 0.5, number % 3 == 0


def filled(n, buffer_size=100, batch_size=8, seed=0):
    buffer = ReplayBuffer(4, buffer_size, batch_size, seed)
    for number in range(n):
        buffer.add(*transition(number))
    return buffer


def numbers(batch):
    return batch[0][:, 0].int().tolist()


def test_a_batch_has_the_shapes_and_types_of_the_classic_workspace():
    states, actions, rewards, next_states, terminated = filled(50).sample()
    assert [tuple(field.shape) for field in (states, actions, rewards, next_states, terminated)] == [
        (8, 2), (8, 1), (8, 1), (8, 2), (8, 1),
    ]  # fmt: skip
    assert [field.dtype for field in (states, actions, rewards, next_states, terminated)] == [
        torch.float32, torch.int64, torch.float32, torch.float32, torch.float32,
    ]  # fmt: skip


def test_the_fields_of_a_transition_stay_together():
    buffer = filled(250)
    for _ in range(50):
        for state, action, reward, next_state, terminated in zip(*buffer.sample(), strict=True):
            expected = transition(int(state[0]))
            assert state.tolist() == expected[0].tolist()
            assert action.tolist() == [expected[1]]
            assert reward.tolist() == [expected[2]]
            assert next_state.tolist() == expected[3].tolist()
            assert terminated.tolist() == [float(expected[4])]


@pytest.mark.parametrize("n", [8, 9, 99, 100, 101, 150, 199, 200, 201, 357])
def test_the_ring_holds_what_a_deque_would_hold_at_every_seam(n):
    buffer, deque = filled(n), collections.deque(range(n), maxlen=100)
    assert len(buffer) == len(deque)
    seen = set()
    for _ in range(200):
        seen |= set(numbers(buffer.sample()))
    assert seen == set(deque)


def test_one_more_transition_replaces_the_oldest_and_no_other():
    buffer = filled(105, buffer_size=10, batch_size=10)
    assert sorted(numbers(buffer.sample())) == list(range(95, 105))
    buffer.add(*transition(105))
    assert sorted(numbers(buffer.sample())) == list(range(96, 106))


def test_a_batch_never_holds_a_transition_twice():
    buffer = filled(12)
    for _ in range(300):
        assert len(set(numbers(buffer.sample()))) == 8


def test_every_transition_is_drawn_equally_often():
    buffer = filled(40, batch_size=4)
    counts = np.bincount(sum((numbers(buffer.sample()) for _ in range(5000)), []), minlength=40)
    chi_square = ((counts - 500) ** 2 / 500).sum()
    assert chi_square < 80  # 39 degrees of freedom: 80 is exceeded once in ten thousand seeds


def test_the_same_seed_draws_the_same_batches_and_another_seed_others():
    one, same, other = filled(60, seed=5), filled(60, seed=5), filled(60, seed=6)
    for _ in range(10):
        batch = numbers(one.sample())
        assert batch == numbers(same.sample())
        assert batch != numbers(other.sample())


def test_too_few_transitions_are_a_value_error_that_says_how_many_there_are():
    with pytest.raises(ValueError, match="holds 7 transitions; a batch needs 8"):
        filled(7).sample()
    with pytest.raises(ValueError, match="holds 0 transitions"):
        ReplayBuffer(4, 100, 8).sample()
    assert len(filled(8).sample()[0]) == 8


def test_neither_a_batch_nor_what_was_added_shares_memory_with_the_buffer():
    buffer = ReplayBuffer(4, 10, 1, seed=0)
    state, next_state = np.ones(2, np.float32), np.full(2, 2, np.float32)
    buffer.add(state, 1, 3.0, next_state, True)
    state[:], next_state[:] = -1, -1  # an environment may use its array again
    for field in buffer.sample():
        field.fill_(-1)
    states, actions, rewards, next_states, terminated = buffer.sample()
    assert states.tolist() == [[1, 1]] and next_states.tolist() == [[2, 2]]
    assert (actions.item(), rewards.item(), terminated.item()) == (1, 3.0, 1.0)


@pytest.mark.parametrize("n", [8, 60, 100, 137])
def test_a_buffer_that_was_saved_goes_on_with_the_same_batches(n, tmp_path):
    buffer = filled(n, seed=3)
    buffer.sample()
    torch.save(buffer.state_dict(), tmp_path / "memory.pt")
    again = ReplayBuffer(4, 100, 8, seed=99)
    again.load_state_dict(torch.load(tmp_path / "memory.pt", weights_only=True))
    for number in range(n, n + 120):  # over the seam
        assert len(again) == len(buffer)
        for field, same in zip(buffer.sample(), again.sample(), strict=True):
            assert torch.equal(field, same)
        buffer.add(*transition(number))
        again.add(*transition(number))


def test_an_empty_buffer_can_be_saved_and_filled_later():
    again = filled(20)
    again.load_state_dict(ReplayBuffer(4, 100, 8, seed=0).state_dict())
    assert len(again) == 0
    for number in range(30):
        again.add(*transition(number))
    assert numbers(again.sample()) == numbers(filled(30).sample())


def test_a_loaded_buffer_does_not_share_memory_with_what_it_was_loaded_from():
    source, again = filled(20), ReplayBuffer(4, 100, 20)
    again.load_state_dict(source.state_dict())
    source.states[:] = -1
    assert sorted(numbers(again.sample())) == list(range(20))


@pytest.mark.parametrize("saved, new", [(100, 50), (100, 200)])
def test_a_memory_that_does_not_fit_is_refused_and_nothing_is_changed(saved, new):
    full, other = filled(130, buffer_size=saved), filled(10, buffer_size=new)
    with pytest.raises(ValueError, match=f"100 stored transitions do not fit a buffer of {new}"):
        other.load_state_dict(full.state_dict())
    assert set(numbers(other.sample())) <= set(range(10)) and len(other) == 10
