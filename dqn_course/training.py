"""The training loop: play, remember, learn; show how it goes; stop and go on at any moment."""

import copy
import csv
import inspect
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from dqn_course import plotting
from dqn_course.checkpoints import save_training_state, save_weights
from dqn_course.environments import make_lander
from dqn_course.errors import TrainingError
from dqn_course.evaluation import episode_seed
from dqn_course.run_state import (
    STATE_FILE,
    WEIGHTS_FILE,
    History,
    code_fingerprint,
    global_rng_state,
    load_agent_state,
    only_run_in,
    resumed,
    save_and_read_back,
    set_aside,
    set_global_rng_state,
    state_of_run,
    stop_when_asked,
    threads,
)
from dqn_course.schedules import exponential_epsilon

BAND_FILE = files("dqn_course") / "data" / "lander_band.csv"


def dqn(
    agent,
    env=None,
    n_episodes=2000,
    max_t=1000,
    eps_start=1.0,
    eps_end=0.01,
    eps_decay=0.995,
    *,
    seed=0,
    solved_score=200.0,
    solved_window=100,
    stop_when_solved=True,
    run_dir=".",
    resume=True,
    save_every=10.0,
    progress=True,
):
    """Train ``agent`` until the lander is solved; return its ``History``.

    The loop plays up to ``n_episodes`` episodes of at most ``max_t`` agent steps each. Epsilon starts at
    ``eps_start`` and is multiplied by ``eps_decay`` after every episode, down to ``eps_end``. The run is solved
    when the mean score of the last ``solved_window`` episodes, never fewer, reaches ``solved_score``.

    The agent is anything with ``act(state, eps)`` and ``step(state, action, reward, next_state, done)``, the
    networks ``qnetwork_local`` and ``qnetwork_target``, an ``optimizer`` and a ``memory``. ``done`` is true only
    for ``terminated``: when time ran out the state still had a future.

    Nothing is lost. At the end of an episode, at least every ``save_every`` seconds, the whole state goes to
    ``run_dir/training_state.pt``: networks, optimizer, memory, random generators, counters. Stop (or Ctrl-C) ends
    the run after the episode it is in; pressed twice, it stops at once and forgets that episode. Called again with
    ``resume=True``, the same run goes on, bit for bit as if it had never stopped; it also survives a kill. If the
    agent's code has changed since, a new run starts. An old run that is not continued is kept beside it, under the
    time of its last save. The weights of the trained network are in ``run_dir/checkpoint.pth``.

    Raises TrainingError when ``learn`` is not written or changes nothing or the weights are no longer numbers,
    and CheckpointError when the saved run cannot be used, when nothing can be saved in ``run_dir``, or when another
    run is training in there. Whatever ends the run, an error in the agent's code too, the finished episodes are saved.
    """
    env = make_lander() if env is None else env
    settings = {"seed": seed, "max_t": max_t, "eps_start": eps_start, "eps_end": eps_end, "eps_decay": eps_decay}
    run_dir = Path(run_dir)
    state_file = run_dir / STATE_FILE
    require_learning(agent, env)
    code = code_fingerprint(agent, loop_settings=inspect.signature(dqn).parameters)

    with only_run_in(run_dir), threads(1), stop_when_asked() as stop:
        history = History()
        if resume and state_file.exists():
            history = resumed(agent, settings, code, state_file, progress)
            history.solved_at = first_solved(history.scores, solved_score, solved_window)
        if not history.scores and len(getattr(agent, "memory", ())):
            raise TrainingError(
                "this agent has been trained before, so a new run would not start from nothing; "
                "make a new one: agent = Agent(...)"
            )
        if not resume and state_file.exists():
            set_aside(state_file)

        # The state at the end of the last finished episode: what is saved, whatever happens in the next one.
        finished = state_of_run(agent, history, settings, code)
        if not history.scores:
            save_and_read_back(finished, state_file)

        def save():
            save_training_state(finished, state_file)
            save_weights(finished["agent"]["state_dicts"]["qnetwork_local"], run_dir / WEIGHTS_FILE)

        live = _LiveView(history, n_episodes, solved_score, solved_window, progress)
        last_save = last_tick = time.perf_counter()
        message = ""
        with live:
            try:
                while len(history.scores) < n_episodes and not (stop_when_solved and history.solved_at):
                    episode = len(history.scores) + 1
                    eps = exponential_epsilon(episode - 1, eps_start, eps_end, eps_decay)
                    stop.playing = True
                    score, steps = run_episode(agent, env, eps, max_t, episode_seed(seed, episode))
                    stop.playing = False
                    _require_finite(agent, episode)
                    history.scores.append(score)
                    history.steps.append(steps)
                    now = time.perf_counter()
                    history.seconds += now - last_tick
                    last_tick = now
                    window = history.scores[-solved_window:]
                    if history.solved_at is None and first_solved(window, solved_score, solved_window):
                        history.solved_at = episode
                    finished = state_of_run(agent, history, settings, code)
                    live.update(eps)
                    if stop.requested:
                        break
                    if now - last_save >= save_every:
                        save()
                        last_save = last_tick = time.perf_counter()
            except KeyboardInterrupt:
                message = "Stopped in the middle of an episode, which is forgotten; all finished ones are kept."
                vars(history).update(finished["history"])
                load_agent_state(agent, finished["agent"])
            finally:
                save()
    if progress:
        print(message or _closing_line(history, n_episodes, solved_window, stop.requested))
    return history


def run_episode(agent, env, eps, max_t=1000, seed=None):
    """Play one episode, learning on the way; return its score and its number of agent steps."""
    state, _ = env.reset(seed=seed)
    score = 0.0
    steps = 0
    for _ in range(max_t):
        action = agent.act(state, eps)
        next_state, reward, terminated, truncated, _ = env.step(action)
        agent.step(state, action, reward, next_state, terminated)  # truncated is no end: the state had a future
        state = next_state
        score += float(reward)
        steps += 1
        if terminated or truncated:
            break
    return score, steps


def require_learning(agent, env):
    """Let a copy of ``agent`` learn once; raise TrainingError if ``learn`` is not written or changes no weight."""
    rng_state = global_rng_state()
    try:
        trial = copy.deepcopy(agent)
    except RuntimeError:  # it keeps a tensor with a gradient's history, so it has learned before
        return
    batch, n_actions = 64, int(env.action_space.n)
    generator = torch.Generator().manual_seed(0)
    states, next_states = torch.randn(2, batch, *env.observation_space.shape, generator=generator)
    actions = torch.arange(batch).remainder(n_actions).unsqueeze(1)
    before = parameter_vector(trial.qnetwork_local)
    try:
        trial.learn((states, actions, torch.ones(batch, 1), next_states, torch.zeros(batch, 1)), 0.99)
    except NotImplementedError as error:
        raise not_written(error) from None
    if torch.equal(before, parameter_vector(trial.qnetwork_local)):
        raise TrainingError(
            "learn() ran but changed no weight of qnetwork_local, so 2000 episodes would teach it nothing; "
            "it needs a loss, loss.backward() and self.optimizer.step()"
        )
    set_global_rng_state(rng_state)


def parameter_vector(network):
    """A copy of all parameters of ``network`` in one vector, to see later whether they have changed."""
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def not_written(error):
    """The TrainingError for a stub that raised ``error``."""
    return TrainingError(
        f"part of this agent is not written yet ({error or 'NotImplementedError'}); "
        "fill it in and run its check, then train"
    )


def reference_band(path=BAND_FILE):
    """How reference runs went: arrays ``episode``, ``low``, ``median``, ``high`` and the number ``n_seeds``.

    ``low``, ``median`` and ``high`` are over the runs, of the mean of each run's last 100 scores at that episode.
    Made by ``benchmarks/lander_band.py`` with the course's own agent, one run a seed, from episode 100 on.
    """
    runs = {}
    with path.open() as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            runs.setdefault(row["seed"], []).append(float(row["score"]))
    length = min(map(len, runs.values()))
    means = np.stack([plotting.moving_mean(scores[:length]) for scores in runs.values()])[:, 99:]  # (seeds, episodes)
    return {
        "episode": np.arange(100, length + 1),
        "low": means.min(axis=0),
        "median": np.median(means, axis=0),
        "high": means.max(axis=0),
        "n_seeds": len(runs),
    }


def hint(scores, band):
    """One sentence when a run looks ill beside the reference runs, else an empty string."""
    n = len(scores)
    if n < 150 or band is None:
        return ""
    mean = np.mean(scores[-100:])
    i = min(n, int(band["episode"][-1])) - 100
    if mean < band["low"][i] - 50:
        return (
            f"Mean {mean:.0f} is far below all {band['n_seeds']} reference runs at episode {n} "
            f"(lowest {band['low'][i]:.0f}). Stop and run the readiness gate: it names the broken part."
        )
    means = plotting.moving_mean(scores)[99:]
    since_best = len(means) - 1 - int(means.argmax())
    if since_best >= 400:
        return f"No better mean for {since_best} episodes: learning has stalled. A smaller learning rate may help."
    return ""


def first_solved(scores, solved_score=200.0, window=100):
    """The first episode at which the mean of the last ``window`` scores is at least ``solved_score``, or None."""
    ends = range(window, len(scores) + 1)
    return next((end for end in ends if np.mean(scores[end - window : end]) >= solved_score), None)


class _LiveView:
    """The progress bar and, in a notebook, the live score plot."""

    def __init__(self, history, n_episodes, solved_score, solved_window, progress):
        self.history, self.progress = history, progress
        self.bar = tqdm(
            total=n_episodes,
            initial=len(history.scores),
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]",  # leaves room for the bar
            disable=not progress,
        )
        self.steps_seen, self.time_seen, self.speed = sum(history.steps), time.perf_counter(), 0.0
        self.solved_window = solved_window
        self.plot = None
        if progress and plotting.in_notebook():
            band = reference_band() if BAND_FILE.is_file() else None
            self.plot = plotting.LivePlot(
                lambda: plotting.score_figure(
                    history.scores, band, hint(history.scores, band), window=solved_window, solved_score=solved_score
                )
            )

    def update(self, eps):
        scores = self.history.scores
        now, steps = time.perf_counter(), sum(self.history.steps)
        if now - self.time_seen > 1.0:
            self.speed = (steps - self.steps_seen) / (now - self.time_seen)
            self.steps_seen, self.time_seen = steps, now
        postfix = {"score": f"{scores[-1]:.0f}", "epsilon": f"{eps:.3f}"}
        postfix[f"mean of {min(len(scores), self.solved_window)}"] = f"{np.mean(scores[-self.solved_window :]):.1f}"
        if self.speed:
            postfix["steps/s"] = f"{self.speed:,.0f}"
        self.bar.set_postfix(postfix, refresh=False)
        self.bar.update()
        if self.plot:
            self.plot.update()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.plot and self.history.scores:
            self.plot.update(force=True)
        self.bar.close()
        if hasattr(self.bar, "disp") and self.bar.n < self.bar.total:  # a notebook paints it red, as if it had failed
            self.bar.disp(bar_style="info", check_delay=False)


def _closing_line(history, n_episodes, window, stopped):
    if history.solved_at:
        mean = np.mean(history.scores[: history.solved_at][-window:])
        return f"Solved at episode {history.solved_at}: the mean of the last {window} scores is {mean:.1f}."
    if stopped:
        return f"Stopped after episode {len(history.scores)}. Nothing is lost: run it again to go on."
    return f"{n_episodes} episodes are over and the lander is not solved yet; more episodes go on from here."


def _require_finite(agent, episode):
    if not all(torch.isfinite(parameter).all() for parameter in agent.qnetwork_local.parameters()):
        raise TrainingError(
            f"after episode {episode} the weights are no longer numbers (NaN or infinite): the loss grew without "
            "bound. Look at the target's sign and at the learning rate"
        )
