"""make_atari plays by the paper: compared with a plain loop over the emulator, switch by switch."""

import numpy as np
import pytest

from dqn_course import preprocessing
from dqn_course.environments import make_atari, make_emulator, rom_name
from dqn_course.errors import CourseError


def test_an_observation_is_four_small_pictures_and_the_first_three_are_missing():
    env = make_atari("pong")
    state, info = env.reset(seed=0)
    assert state.shape == (4, 84, 84) and state.dtype == np.uint8 and env.observation_space.contains(state)
    assert not state[:3].any() and state[3].any()
    assert env.action_space.n == 6 and env.render().shape == (210, 160, 3)
    assert info == {"raw_reward": 0.0, "lives": 0, "game_over": False, "frames": info["frames"]}


@pytest.mark.parametrize("game, repeat", [("space_invaders", 4), ("breakout", 4), ("ms_pacman", 3), ("pong", 1)])
def test_it_is_the_plain_loop_over_the_emulator(game, repeat):
    """Maximum of the last two frames, luminance, area, stack; rewards added up, then clipped."""
    env, ale = make_atari(game, noop_max=0, action_repeat=repeat), make_emulator(game, seed=3)
    state, _ = env.reset(seed=3)
    ale.reset_game()
    screen = ale.getScreenRGB()
    pictures = [np.zeros((84, 84), np.uint8)] * 3 + [preprocessing.resize_84(preprocessing.luminance(screen))]
    np.testing.assert_array_equal(state, pictures)
    rng, rewards = np.random.default_rng(0), 0
    for _ in range(250):
        action, lives, total = int(rng.integers(env.action_space.n)), ale.lives(), 0
        for _ in range(repeat):
            total += ale.act(ale.getMinimalActionSet()[action])
            before, screen = screen, ale.getScreenRGB()
            if ale.game_over():
                break
        grey = preprocessing.luminance(np.maximum(before, screen))
        pictures = [*pictures[1:], preprocessing.resize_84(grey)]
        state, reward, terminated, truncated, info = env.step(action)
        np.testing.assert_array_equal(state, pictures)
        assert (reward, info["raw_reward"]) == (max(-1, min(1, total)), total)
        assert terminated == (ale.lives() < lives or ale.game_over()) and not truncated
        assert info["lives"] == ale.lives()
        rewards += total != 0
        if terminated:
            state, _ = env.reset()
            if ale.game_over():
                ale.reset_game()
                before = screen = ale.getScreenRGB()
            grey = preprocessing.luminance(np.maximum(before, screen))
            pictures = [np.zeros((84, 84), np.uint8)] * 3 + [preprocessing.resize_84(grey)]
            np.testing.assert_array_equal(state, pictures)
    assert rewards or repeat == 1  # in so few frames of Pong nobody scores


def lose_a_life(env):
    """Play at random until an episode ends; the last step's observation and info."""
    rng = np.random.default_rng(0)
    for _ in range(3000):
        state, _, terminated, _, info = env.step(int(rng.integers(env.action_space.n)))
        if terminated:
            return state, info
    raise AssertionError("nothing ended")


def test_a_lost_life_ends_the_episode_and_the_game_goes_on():
    env = make_atari("breakout")
    env.reset(seed=0)
    lives, frames = 5, 0
    while lives:
        before = lives
        state, info = lose_a_life(env)
        assert info["lives"] == before - 1 and info["frames"] > frames
        lives, frames = info["lives"], info["frames"]
        assert info["game_over"] == (lives == 0)
        fresh, after = env.reset()
        if lives:
            assert (after["lives"], after["frames"]) == (lives, frames)  # no frame was played, no game restarted
            assert not fresh[:3].any()
            np.testing.assert_array_equal(fresh[3], state[3])
    assert after["lives"] == 5 and 1 <= after["frames"] <= 30 and not after["game_over"]


def test_without_the_switch_a_game_is_one_episode():
    env = make_atari("breakout", life_loss_ends_episode=False)
    env.reset(seed=0)
    _, info = lose_a_life(env)
    assert info["lives"] == 0 and info["game_over"]


def test_without_clipping_rewards_are_those_of_the_game():
    env = make_atari("space_invaders", clip_rewards=False)
    env.reset(seed=0)
    rng, rewards = np.random.default_rng(0), set()
    for _ in range(300):
        _, reward, terminated, _, info = env.step(int(rng.integers(6)))
        assert reward == info["raw_reward"]
        rewards.add(reward)
        if terminated:
            env.reset()
    assert max(rewards) >= 5


def test_a_game_starts_after_1_to_30_frames_without_action():
    env = make_atari("pong")
    env.reset(seed=0)
    waits = [env.reset()[1]["frames"] for _ in range(250)]
    assert set(waits) == set(range(1, 31))
    still = make_atari("pong", noop_max=0)
    assert {still.reset()[1]["frames"] for _ in range(5)} == {0}


def test_waiting_is_doing_nothing():
    env, ale = make_atari("breakout"), make_emulator("breakout", seed=5)
    state, info = env.reset(seed=5)
    ale.reset_game()
    for _ in range(info["frames"]):
        ale.act(0)
    np.testing.assert_array_equal(env.render(), ale.getScreenRGB())


def test_a_reset_in_the_middle_starts_a_new_game():
    env = make_atari("breakout")
    env.reset(seed=0)
    lose_a_life(env)
    env.reset()
    env.step(0)
    _, info = env.reset()
    assert info["lives"] == 5 and info["frames"] <= 30


def test_a_seed_starts_a_new_game_even_after_a_lost_life():
    env = make_atari("breakout")
    env.reset(seed=0)
    lose_a_life(env)
    _, info = env.reset(seed=1)
    assert info["lives"] == 5 and info["frames"] <= 30


def test_a_long_game_is_cut_and_not_terminated():
    env = make_atari("pong", noop_max=0, max_frames=42)
    env.reset(seed=0)
    ends = [env.step(0)[2:4] for _ in range(11)]
    assert ends == [(False, False)] * 10 + [(False, True)]
    assert env.reset()[1]["frames"] == 0


def test_the_same_seed_gives_the_same_game():
    def game(env):
        states = [env.reset(seed=7)[0]]
        for t in range(60):
            states.append(env.step(t % env.action_space.n)[0])
        return np.array(states)

    env = make_atari("seaquest")
    np.testing.assert_array_equal(game(env), game(env))
    np.testing.assert_array_equal(game(env), game(make_atari("seaquest")))


@pytest.mark.parametrize("name", ["space_invaders", "Space Invaders", "space invaders"])
def test_a_game_is_found_by_both_of_its_names(name):
    assert rom_name(name) == "space_invaders"


@pytest.mark.parametrize(
    "name, says",
    [
        ("pomg", "There is no game 'pomg'; did you mean pong?"),
        ("SpaceInvaders", "There is no game 'SpaceInvaders'; did you mean space_invaders?"),
        ("xyzzy", "There is no game 'xyzzy'; the 49 of the paper are in dqn_course.paper.games()."),
        (None, "There is no game None; the 49 of the paper are in dqn_course.paper.games()."),
    ],
)
def test_a_wrong_name_is_answered_with_the_closest_ones(name, says):
    with pytest.raises(CourseError) as error:
        make_atari(name)
    assert str(error.value) == says


def test_a_step_before_the_first_reset_is_refused():
    with pytest.raises(Exception, match="reset"):
        make_atari("pong").step(0)
