"""Atari games to look at: the real screen in its real colours, at the Atari's own 60 pictures a second."""

from dqn_course import video
from dqn_course.environments import Atari
from dqn_course.evaluation import epsilon_greedy

FRAMES_A_SECOND = 60


class FilmedAtari(Atari):
    """``environments.Atari`` that keeps in ``screens`` every frame of its last step, (210, 160, 3) uint8 each."""

    def __init__(self, game, **switches):
        super().__init__(game, clip_rewards=False, life_loss_ends_episode=False, **switches)
        self.pictures_per_step = self.action_repeat
        self.screens = []

    def reset(self, seed=None, options=None):
        start = super().reset(seed, options)
        self.screens = [self.frame]
        return start

    def step(self, action):
        self.screens = []
        return super().step(action)

    def _act(self, action):
        reward = super()._act(action)
        self.screens.append(self.frame)
        return reward


def film_atari(players, game, epsilon=0.05, seed=0, seconds=60.0, **switches):
    """Film one game of each player, side by side; return a ``video.Clip``. Scores are not clipped.

    Parameters
    ----------
    players: a network, a function from states (N, 4, 84, 84) uint8 to actions (N,), or a dict from a name to one.
    game: as the emulator or the paper spells it.
    epsilon: of the networks; 0.05 as in the paper's evaluation.
    seed: of the no-op start and the random actions.
    seconds: of play at most.
    switches: go to ``environments.Atari``, like ``action_repeat`` or ``noop_max``.
    """
    if not isinstance(players, dict):
        players = {"": players}
    policies = {name: one_state_at_a_time(player, epsilon, seed) for name, player in players.items()}
    steps_a_second = FRAMES_A_SECOND / switches.get("action_repeat", 4)
    return video.film(
        policies, lambda: FilmedAtari(game, **switches), seed, max_t=max(1, round(seconds * steps_a_second)),
        fps=steps_a_second, every=1, zoom=2, text_above=True,
    )  # fmt: skip


def one_state_at_a_time(player, epsilon=0.05, seed=0):
    """A function from one state (4, 84, 84) to one action, of a network or of a function for many states."""
    policy = epsilon_greedy(player, epsilon, seed) if hasattr(player, "parameters") else player
    return lambda state: int(policy(state[None])[0])


def play_in_window(player, game, epsilon=0.05, seed=0, seconds=float("inf"), zoom=3, **switches):
    """Show one game in a window, as fast as on the Atari; return the score. Closing the window ends it."""
    import pygame

    env = FilmedAtari(game, **switches)
    policy = one_state_at_a_time(player, epsilon, seed)
    pygame.display.init()
    try:
        window = pygame.display.set_mode((160 * zoom, 210 * zoom))
        pygame.display.set_caption(f"{env.game}   score 0")
        clock = pygame.time.Clock()
        state, _ = env.reset(seed=seed)
        score, over = 0.0, False
        while not over and env.frames < seconds * FRAMES_A_SECOND:
            state, reward, terminated, truncated, _ = env.step(policy(state))
            score += reward
            pygame.display.set_caption(f"{env.game}   score {score:.0f}")
            for screen in env.screens:
                picture = pygame.surfarray.make_surface(screen.swapaxes(0, 1))
                window.blit(pygame.transform.scale_by(picture, zoom), (0, 0))
                pygame.display.flip()
                clock.tick(FRAMES_A_SECOND)
            closed = any(event.type == pygame.QUIT for event in pygame.event.get())
            over = terminated or truncated or closed
    finally:
        pygame.display.quit()
    return score
