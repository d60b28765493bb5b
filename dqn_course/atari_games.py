"""Many Atari games at once, fast: what the trainer plays. ``environments.make_atari`` is the readable version."""

import os

import numpy as np
from ale_py.vector_env import AtariVectorEnv

from dqn_course.environments import rom_name


class AtariGames:
    """``n_games`` copies of one game, stepped together, each with its own stack of preprocessed pictures.

    ale-py's vector environment emulates, takes the maximum of two frames and resizes, in threads and in C++. It turns
    frames grey *before* the maximum, the only difference to the paper's preprocessing. Everything else is done here
    as the released code does it: stacks begin with zeros after a lost life too, a lost life does not restart the game,
    and new games start with a seed of their own, so that ``state_dict`` can bring a game back exactly.

    - ``states`` (N, history, 84, 84) uint8: what the agent sees now, oldest picture first
    - ``starts`` (N,) bool: the newest picture is the first of an episode
    - ``n_actions``: the game's minimal set
    - ``finished``: ``(game, score, frames)`` of the games that ended with the last step; scores are never clipped

    Parameters
    ----------
    game: ROM name, like space_invaders. Raises CourseError for a wrong one, with the closest names.
    n_games: games side by side.
    seed: seeds the no-op starts.
    action_repeat, history, noop_max, life_loss_ends_episode, max_frames: see ``config.AtariConfig``.
    """

    def __init__(
        self, game, n_games=1, seed=0, *, action_repeat=4, history=4, noop_max=30, life_loss_ends_episode=True,
        max_frames=108_000,
    ):  # fmt: skip
        self.seed, self.n_games, self.life_loss_ends_episode = seed, n_games, life_loss_ends_episode
        self.env = AtariVectorEnv(
            rom_name(game), n_games, frameskip=action_repeat, stack_num=1, maxpool=action_repeat > 1,
            noop_max=noop_max + 1,  # it draws from 0 to one less
            max_num_frames_per_episode=max_frames, life_loss_info=life_loss_ends_episode, reward_clipping=False,
            use_fire_reset=False, num_threads=min(os.cpu_count() or 1, n_games),
        )  # fmt: skip
        self.n_actions = int(self.env.single_action_space.n)
        self.states = np.zeros((n_games, history, 84, 84), np.uint8)
        self.starts = np.ones(n_games, bool)
        self.episodes = np.zeros(n_games, np.int64)  # games begun by each
        self.played = [bytearray() for _ in range(n_games)]  # the actions of each game since it began
        self.scores = np.zeros(n_games)
        self.finished = []
        self._begin(np.ones(n_games, bool))

    def step(self, actions):
        """Hold each action, (N,), for ``action_repeat`` frames. Returns rewards (N,) summed over them and not clipped,
        ``terminated`` (N,), and ``truncated`` (N,) where a game was cut at ``max_frames``.

        Games that are over begin anew at once, so ``states`` is what the agent sees next.
        """
        for played, action in zip(self.played, actions):
            played.append(action)
        lives_before = self.lives
        pictures, rewards, terminated, truncated, info = self.env.step(np.asarray(actions, np.int32))
        self.lives = info["lives"]
        self.scores += rewards
        over = truncated | (terminated & ((self.lives == 0) | (self.lives >= lives_before)))  # else a life was lost
        if self.life_loss_ends_episode:  # the emulators do not say so of the last life, when the game lasts a little
            terminated = terminated | (self.lives < lives_before)
        self._see(pictures[:, 0], terminated)
        self.finished = [
            (int(game), float(self.scores[game]), int(info["episode_frame_number"][game])) for game in np.where(over)[0]
        ]
        if over.any():
            self._begin(over)
        return rewards.astype(np.float32), terminated, truncated & ~terminated

    def state_dict(self):
        """Where each game is: its seed and every action since it began."""
        return {"episodes": self.episodes.tolist(), "played": [bytes(played).hex() for played in self.played]}

    def load_state_dict(self, stored):
        """Bring the games to where ``state_dict`` found them, by playing the same actions again."""
        played = [bytes.fromhex(actions) for actions in stored["played"]]
        if len(played) != self.n_games:
            raise ValueError(f"{len(played)} stored games do not fit {self.n_games}")
        longest = max(map(len, played))
        waits = np.array([longest - len(actions) for actions in played])  # so that all of them end together
        for t in range(longest + 1):
            due = waits == t
            if due.any():
                self.episodes[due] = np.array(stored["episodes"])[due] - 1
                self._begin(due)
            if t < longest:
                self.step([actions[t - wait] if t >= wait else 0 for actions, wait in zip(played, waits)])
        self.finished = []

    def close(self):
        self.env.close()

    def _begin(self, which):
        """Start the games ``which`` (N,) anew, each with the seed of its next episode."""
        self.episodes[which] += 1
        seeds = [
            int(np.random.SeedSequence((self.seed, game, int(self.episodes[game]))).generate_state(1)[0] >> 1)
            for game in np.where(which)[0]
        ]
        pictures, info = self.env.reset(seed=np.array(seeds), options={"reset_mask": which})
        self.lives = info["lives"]
        self.scores[which] = 0.0
        for game in np.where(which)[0]:
            self.played[game] = bytearray()
            self.states[game] = 0
            self.states[game, -1] = pictures[game, 0]
        self.starts[which] = True

    def _see(self, pictures, starts):
        """Push the new pictures (N, 84, 84) onto the stacks; where ``starts``, the older ones become zeros."""
        self.states[:, :-1] = self.states[:, 1:]
        self.states[:, -1] = pictures
        self.states[starts, :-1] = 0
        self.starts = starts.copy()
