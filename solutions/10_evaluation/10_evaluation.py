# %% [markdown]
r"""
# Lesson 10: Is it any good?

An agent scores 300 in some game. Is that good? Did it get better since yesterday, or was it lucky? Would a monkey with
the joystick get as far? In this lesson you write the evaluation of the paper, every step of it. You let a random player
play, put 49 games on one scale, and learn to read curves without fooling yourself.

**You will build**

- `evaluate`: whole games by the paper's protocol (4 points),
- `standard_error`: how far a mean may be off (2 points),
- `random_agent_10hz`: the player to beat (3 points),
- `human_normalized_score`: 49 games on one scale (2 points),
- `average_max_q`: what the network expects (3 points),
- and a written reading of a real training (3 points).

**You need:** $\epsilon$-greedy play and returns (Lesson 5), what an agent of the Atari sees (Lesson 8), and the network
of the paper (Lesson 9). What you need of statistics is explained here.

**Time:** about an hour and a half. The evaluation at the end takes another three minutes of the machine's time.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
from pathlib import Path

import numpy as np
import torch

from dqn_course import checkpoints, environments, evaluation, paper
from dqn_course.checks import lesson_10 as checks
from dqn_course.config import budget
from dqn_course.widgets import lesson_10 as widgets

# %% [markdown]
r"""
## Rules for a fair exam

The paper has a protocol, and every rule in it is there for a reason.

| rule | what would go wrong without it |
|---|---|
| 30 games | one game is luck |
| the score is the sum of the game's own points | in training, rewards were clipped to −1 … 1 |
| a game ends when it is over, not when a life is lost | in training, a lost life was an end |
| five minutes at most (18,000 frames) | some games never end, and the human had five minutes too |
| up to 30 frames of doing nothing at the start | every game would be the same |
| one action in twenty is random, $\epsilon = 0.05$ | an agent could have learned one game by heart, or get stuck for ever |
| a seed that the training never saw | one would test what was practised |

The fifth rule is the strangest. Why would every game be the same? Because nothing in the emulator is left to chance. The
same buttons at the same frames give the same game, to the last pixel. An agent that always takes its best action plays
the same game 30 times.

## Exercise 10.1: whole games (4 points, about 15 minutes)

`env` is a game. `env.reset()` begins a new one and gives `state, info`. `env.step(action)` gives `state, reward,
terminated, truncated, info`. A game is over when it is `terminated` (lost, or won) or `truncated` (five minutes are
over). The rules about points, lives, minutes and no-ops are the environment's business. Yours is to play.
"""
# %% exercise="evaluate"
def evaluate(env, q_values, rng, episodes=30, epsilon=0.05):
    """Play whole games, epsilon-greedily; return their scores, one a game, in order.

    env: the game, see above. q_values: a function from a state to its Q-values, an array
    (n_actions,). rng: a generator, np.random.default_rng; all chances come from it.
    episodes: games to play. epsilon: the chance of a random action, in every step anew.
    The score of a game is the plain sum of its rewards.
    """
    ### BEGIN SOLUTION
    scores = []
    for _ in range(episodes):
        state, info = env.reset()
        score, over = 0.0, False
        while not over:
            q = q_values(state)
            action = int(np.argmax(q))
            if rng.random() < epsilon:
                action = int(rng.integers(len(q)))
            state, reward, terminated, truncated, info = env.step(action)
            score += reward
            over = terminated or truncated
        scores.append(score)
    return np.array(scores)
    ### END SOLUTION
# %% check="evaluate" points=4
checks.evaluate(evaluate)
# %% [markdown]
r"""
<details><summary>Hint 1: two loops</summary>

A `for` over the games. In it a reset, a score of 0, and a `while` over the steps of this game. After the `while`, the
score goes into a list.
</details>

<details><summary>Hint 2: when is a game over?</summary>

`over = terminated or truncated` at the end of the inner loop, `while not over` at its top, and `over = False` before it.
</details>

<details><summary>Hint 3: the action</summary>

`q = q_values(state)`. With probability epsilon, `if rng.random() < epsilon`, it is `int(rng.integers(len(q)))`; else
`int(np.argmax(q))`.
</details>

**What you should see:** *4 of 4 points*. Now try the fifth rule. The network is the one that ships with the course.
**Before you run the cell:** what will the three lines look like?
"""
# %%
trained = checkpoints.load_nature_network("pong")


def pong_values(state):
    with torch.no_grad():
        return trained(torch.from_numpy(state).unsqueeze(0))[0].numpy()  # (6,)


def pong_exam(**rules):
    """Pong with its own points and all of a game, but half a minute at most, to be quick."""
    whole = {"clip_rewards": False, "life_loss_ends_episode": False}
    return environments.make_atari(
        "pong", **whole, **{"max_frames": budget(1_800, quick=120)} | rules
    )


rng = np.random.default_rng(0)
scores = evaluate(pong_exam(noop_max=0), pong_values, rng, episodes=4, epsilon=0.0)
print("no chance at all:    ", scores)
scores = evaluate(pong_exam(), pong_values, rng, episodes=4, epsilon=0.0)
print("up to 30 no-ops:     ", scores)
print("and epsilon is 0.05: ", evaluate(pong_exam(), pong_values, rng, episodes=4))
# %% [markdown]
r"""
The first line has one number four times: one game, played four times over. Thirty such games would have a spread of 0
and say no more than one. With the no-ops the games differ, with epsilon still more.

<details><summary>Is one action in twenty not unfair to the agent?</summary>

It costs some points, in every game and for every agent alike. In exchange it shows whether the agent can go on from a
situation that it did not choose. And an agent that stands still for ever, because it does not know that FIRE serves the
ball, is freed after a second or so.
</details>

<details><summary>Why do people now use "sticky actions"?</summary>

No-ops change only the start: after that, everything runs like clockwork. With sticky actions the emulator repeats the
last action with a chance of 1/4, at every frame, whatever the agent wants. That cannot be learned by heart. It also makes
the game another one, so scores with and without must not be compared. This course keeps the rules of 2015.
</details>

## How sure is a mean?

Three evaluations of one and the same network, 30 games each. It is the lander, because it is quick.
"""
# %%
lander_network = checkpoints.load_q_network()


def lander_values(state):
    with torch.no_grad():
        return lander_network(torch.from_numpy(state).unsqueeze(0))[0].numpy()  # (4,)


lander, games = environments.make_lander(), budget(30, quick=2)
lander.reset(seed=1)
for attempt in "first", "second", "third":
    scores = np.array(evaluate(lander, lander_values, rng, episodes=games))
    print(f"{attempt:6} {scores.mean():.1f}, from {scores.min():.0f} to {scores.max():.0f}")
# %% [markdown]
r"""
The network has not changed, and the mean has. So when a mean is 5 higher than yesterday, it need not mean anything. How
much does?

The scores of single games differ by their standard deviation,

$$ s = \sqrt{\frac{1}{n - 1} \sum_{i=1}^{n} (x_i - \bar x)^2} $$

and in a mean of $n$ games the good and the bad ones partly cancel. Its own spread, the **standard error**, is smaller:

$$ \text{standard error} = \frac{s}{\sqrt n} $$

In about 95 of 100 evaluations, the mean lies within two standard errors of the truth. The root is bad news: for half the
error you need four times the games. And it is why the paper plays 30. From 1 to 30 games the error falls to less than a
fifth. From 30 to 60 it would fall by less than a third more, for twice the work.

<details><summary>Why n − 1, and not n?</summary>

The mean $\bar x$ was made of the same scores, so it lies nearer to them than the true mean does, and the squares come out a
little too small. Dividing by $n - 1$ makes up for it. With 30 games it changes little. With two games it changes a lot.
</details>

## Exercise 10.2: the standard error (2 points, about 5 minutes)

By hand: scores 1, 3, 5, 7, 9. The mean is 5, the squares are 16 + 4 + 0 + 4 + 16 = 40, so $s = \sqrt{40 / 4} = 3.162$, and
the standard error is $3.162 / \sqrt 5 = 1.414$.
"""
# %% exercise="standard_error"
def standard_error(scores):
    """The standard error of the mean of `scores` (n,), n at least 2: a number.

    >>> round(standard_error(np.array([1.0, 3.0, 5.0, 7.0, 9.0])), 3)
    1.414
    """
    ### BEGIN SOLUTION
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
    ### END SOLUTION
# %% check="standard_error" points=2
checks.standard_error(standard_error)
# %% [markdown]
r"""
<details><summary>Hint: NumPy has half of it</summary>

`np.std(scores, ddof=1)` is $s$, with $n - 1$ below the sum. Divide it by `np.sqrt(len(scores))`.
</details>

**What you should see:** *2 of 2 points*.

Now play with luck. Above are real games. Below is what evaluations of some games would say, if 2,500 people made one
each. **Ask yourself first:** the paper's 30 games of Breakout by a random player, how far off may their mean be? Choose
*Breakout* and 30 games, and compare. Then move *evaluations, the best is told* to 10.
"""
# %%
widgets.luck()
# %% [markdown]
r"""
With one evaluation the means lie round the truth, to both sides. With ten, of which the best is told, nearly all of them
lie above. Nobody has played better; the best of ten is about one and a half standard errors too high, just like that.

That happens more often than one would think:

- A training is evaluated every 100,000 steps, and its *best* network is kept. The score that made it the best is too high.
  So that network has to sit the exam again, with new games. Ours did.
- Three learning rates are tried, and the best one is told.
- Five seeds are trained, and the best curve is drawn. Training differs far more from seed to seed than games do: five
  runs of one program on Pong, after 10 million frames, had scores from −19.1 to 6.9 (the published logs of
  Dopamine, a library that Google's researchers made).

The paper's ± is the standard deviation over 30 games of *one* trained agent. It says how games differ, not how sure the
mean is, and nothing at all about a second training. Divide by $\sqrt{30} \approx 5.5$ for the error of the mean.

<details><summary>What can one do?</summary>

Say how many runs there were, and show all of them, or their median and spread. Choose on one set of games, and report
another one. And when a difference is smaller than two or three standard errors, say that you do not know.
</details>

## The player to beat

Freeway at 0 points is bad, but what is Crazy Climber at 10,781? It is what you get for pressing buttons at random. Zero is
seldom the score of somebody who can do nothing. So every evaluation needs a random player beside it.

How often may it press? The emulator takes a button 60 times a second. Nobody can press FIRE that often. So the paper's
random player chooses 10 times a second, every sixth frame, and holds the button in between.

![Eighteen frames in a row. At frames 1, 7 and 13 the random player chooses an action, and holds it for six frames. Below, a player at 60 Hz chooses a new one in every frame](images/hold.svg)

## Exercise 10.3: the random player (3 points, about 15 minutes)

This one plays on the emulator itself, without pictures. `ale.act(action)` is one frame, and returns its reward.
`ale.game_over()` says whether the game is over, `ale.getMinimalActionSet()` lists the actions that do something in this
game. They have numbers of their own: a game with four actions may have 0, 1, 3 and 4.
"""
# %% exercise="random_agent_10hz"
def random_agent_10hz(ale, rng, hold=6, max_frames=18_000):
    """Play the rest of a game that has just begun, at random; return its score and its frames.

    ale: the emulator; do not reset it. rng: a generator, np.random.default_rng.
    The first frame draws an action of the minimal set, all with the same chance; it is held
    for `hold` frames, then the next one is drawn. The game stops when it is over, or after
    `max_frames` frames, even in the middle of an action.
    """
    ### BEGIN SOLUTION
    actions = ale.getMinimalActionSet()
    score, frames = 0.0, 0
    while frames < max_frames and not ale.game_over():
        if frames % hold == 0:
            action = actions[rng.integers(len(actions))]
        score += ale.act(action)
        frames += 1
    return score, frames
    ### END SOLUTION
# %% check="random_agent_10hz" points=3
checks.random_agent_10hz(random_agent_10hz)
# %% [markdown]
r"""
<details><summary>Hint 1: one loop, frame by frame</summary>

`while frames < max_frames and not ale.game_over():` and in it one call of `ale.act`. Then the end is looked at after every
frame, also while an action is held.
</details>

<details><summary>Hint 2: when is an action drawn?</summary>

At frames 0, 6, 12, …: `if frames % hold == 0`. `frames` goes up by 1 at the end of the loop.
</details>

<details><summary>Hint 3: which action?</summary>

`actions[rng.integers(len(actions))]`. The number that is drawn is a place in the list.
</details>

**What you should see:** *3 of 3 points*. Let it play. Ten games are few, and your draws are your own. So your means will be a
standard error or two away from the paper's, and one of three may well be further.
"""
# %%
def random_scores(game, hold=6, seed=0):
    ale, rng = environments.make_emulator(game, seed), np.random.default_rng(seed)
    scores = []
    for _ in range(budget(10, quick=2)):
        ale.reset_game()
        for _ in range(rng.integers(1, 31)):
            ale.act(0)  # the no-op start
        limit = budget(18_000, quick=300)
        score, frames = random_agent_10hz(ale, rng, hold, max_frames=limit)
        scores.append(score)
    return np.array(scores)


for game in "Breakout", "Q*Bert", "Beam Rider":
    scores, printed = random_scores(paper.games()[game]), paper.scores()[game].random
    print(f"{game:10} {scores.mean():6.1f} +- {standard_error(scores):.1f}, paper {printed}")
# %% [markdown]
r"""
### Does 10 Hz matter?

The authors tried 60 Hz too, and write that in six games it changed the agent's score in per cent of the human by more than
5 %: Boxing, Breakout, Crazy Climber, Demon Attack, Krull and Robotank. We have played them too, 30 games at either rate
(`benchmarks/random_baseline.py`). The last two columns are what the paper's agent would have in per cent of the human, with
our random player as the zero.
"""
# %%
print(f"{'':13} {'10 Hz':>17} {'60 Hz':>17} {'human':>8} {'DQN, 10 Hz':>11} {'60 Hz':>8}")
for game in "Boxing", "Breakout", "Crazy Climber", "Demon Attack", "Krull", "Robotank":
    row, line, percent = paper.scores()[game], f"{game:13}", ""
    for hz in 10, 60:
        played = evaluation.random_baseline(hz=hz)[game]
        mean = f"{played.mean:,.1f} +- {standard_error(played.scores):,.1f}"
        share = 100 * (row.dqn - played.mean) / (row.human - played.mean)
        line, percent = f"{line} {mean:>17}", f"{percent}{share:8.0f} %"
    print(f"{line} {row.human:8,.1f} {percent}")
# %% [markdown]
r"""
Read it with the standard errors in mind. You will want one for a *difference* of two means. Each of the two may be off, so
their difference may be off by more than either. Not by the sum of the two errors, for they partly cancel. The squares are
added:

$$ \text{standard error of the difference} = \sqrt{e_1^2 + e_2^2} $$

- In **Crazy Climber** the player at 60 Hz has a fifth of the points: 2,273 instead of 10,313. A joystick that changes 60
  times a second does not climb. This one is beyond doubt.
- In **Demon Attack** it has more, 293 instead of 181. The difference of 112 has a standard error of
  $\sqrt{20.8^2 + 33.3^2} = 39$.
- In the other four the two rates are within two standard errors of each other. And yet percentages jump, in Boxing from
  1,746 to 1,350 %. There the scale is 4 points long, and the mean of the random player is known to one point only.

What does a zero that moves do to the agent's per cent? 100 stays where it is, so for an agent at 100 % nothing changes. For
one at $N$ per cent, a zero that moves by one hundredth of the scale changes it by $(N - 100) / 100$ points: by 16 in Boxing.
In all six games DQN is far above the human, from 277 % up. There the choice of the zero matters. But "1,707 %" in Boxing is
worth little: with one standard error more or less in our random player's mean it is 2,181 or 1,462.

And the other games? We played all 49 at both rates. These are the ones in which our two random players differ by more than
four standard errors of the difference.
"""
# %%
print(f"{'':15} {'10 Hz':>9} {'60 Hz':>9} {'human':>9} {'DQN':>9}")
for game, fast in evaluation.random_baseline(hz=60).items():
    row, slow = paper.scores()[game], evaluation.random_baseline()[game]
    error = np.hypot(standard_error(slow.scores), standard_error(fast.scores))
    if abs(fast.mean - slow.mean) > 4 * error:
        print(f"{game:15} {slow.mean:9,.1f} {fast.mean:9,.1f} {row.human:9,.1f} {row.dqn:9,.1f}")
# %% [markdown]
r"""
In **Kung-Fu Master** the random player has more than twice the points at 60 Hz, and DQN stays at 102.4 %: it stands at the
human's mark, which does not move. In five of the others too the scale is so long that its zero moves by less than a tenth of
it. In **Atlantis** the player at 60 Hz has 31,590 points, more than the human. With that as its zero, the scale would stand
on its head. In **Double Dunk** it is a tenth of a point short of the human. That is why the paper holds each button: 10 Hz
"avoids spurious baseline scores", because it is about as fast as a person can press FIRE.

Neither Atlantis nor Double Dunk is among the six games of the paper, and we cannot say why. It does not print what its player
at 60 Hz scored. When you repeat somebody's experiment, such things come out, and they belong into the report.

## One scale for 49 games

A point in Pong is one twenty-first of a game. A point in Video Pinball is nothing. To compare games, the paper puts two
marks on each game's scale, the random player at 0 and a human at 100:

$$ \text{human-normalised score} = 100 \cdot \frac{\text{score} - \text{random}}{\text{human} - \text{random}} \;\% $$

The human was a professional tester of games, with two hours of practice in each, no sound, and the same five minutes.

![A line of scores for Pong, from -21 to 21. Random at -20.7 is 0 per cent, the human at 9.3 is 100 per cent, and the paper's agent at 18.9 is 132 per cent](images/scale.svg)

## Exercise 10.4: the human-normalised score (2 points, about 5 minutes)

By hand: random 10, human 30. Whoever scores 25 is three quarters of the way: 75 %. Whoever scores 5 is at −25 %.
"""
# %% exercise="human_normalized_score"
def human_normalized_score(score, random, human):
    """On a scale on which the random player has 0 and the human 100: in per cent.

    All three are numbers, or arrays of one shape with a number a game; so is the result.
    Below 0 and above 100 are possible.

    >>> human_normalized_score(25, 10, 30)
    75.0
    """
    ### BEGIN SOLUTION
    return 100 * (score - random) / (human - random)
    ### END SOLUTION
# %% check="human_normalized_score" points=2
checks.human_normalized_score(human_normalized_score)
# %% [markdown]
r"""
<details><summary>Hint: mind the brackets</summary>

The length of the scale is `human - random`. How far along it is the player? Both differences need brackets, because `/`
binds more tightly than `-`.
</details>

**What you should see:** *2 of 2 points*. Now the whole table. The paper says that its agent reaches 75 % of the human, or
more, in 29 of 49 games. Your function says:
"""
# %%
rows = list(paper.scores().values())
random, human, dqn, linear = (
    np.array([getattr(row, name) for row in rows])
    for name in ("random", "human", "dqn", "best_linear")
)
percent = human_normalized_score(dqn, random, human)
print(f"games with at least 75 %: {(percent >= 75).sum()} of {len(percent)}")
for name, scores in ("DQN", dqn), ("the best linear learner", linear):
    share = human_normalized_score(scores, random, human)
    print(f"{name}: mean {share.mean():.0f} %, median {np.median(share):.0f} %")

print(f"\n{'':14} {'DQN in %':>9} {'random':>9} {'human':>9} {'DQN':>9}")
for i in np.argsort(-percent)[:4]:
    name = rows[i].game
    print(f"{name:14} {percent[i]:9.0f} {random[i]:9,.1f} {human[i]:9,.1f} {dqn[i]:9,.1f}")
# %% [markdown]
r"""
Look at the mean and the median, and then at the four games at the top. In Video Pinball the human is hardly better than a
random player: 17,298 against 16,257. So the scale is short, and everything on it looks huge. In Boxing the whole scale is
4.2 points long. Four of the 49 games make half of the mean. That is why people now tell the **median**, and why "241 % of a
human on average" says little about anything.

The *best linear learner* is what there was before DQN: its Q-values are weighted sums of features, with no hidden layer, and
people had thought the features up. The paper prints the best score that such a learner had reached in each game.

The chart is the paper's Figure 3. **Find out:** which games are below 5 %? What do they have in common? (In one of them a
key has to be fetched before the first point.) And in how many games was the linear learner already better than DQN? You
have both as arrays, `linear` and `dqn`.
"""
# %%
widgets.chart()
# %% [markdown]
r"""
<details><summary>What the games at the bottom have in common</summary>

Rewards are rare, and the way to them is long. A random player never finds one, so there is nothing to learn from. A
horizon of 100 agent steps, $1 / (1 - \gamma)$, is under seven seconds: too short to want a key that is useful a minute
later. In Private Eye and Montezuma's Revenge one also has to remember what is in other rooms, and four pictures are no
memory.

(The linear learner is ahead in six games, `(linear > dqn).sum()`, and Montezuma's Revenge is one of them, with 10.7 points
where a key is worth 100.)
</details>

<details><summary>Is an agent at 132 % "superhuman"?</summary>

It is better than this human, after two hours of practice, in games of at most five minutes. Later papers used another
human, with 30 minutes a game, and better scores. Numbers on the two scales must not be compared.
</details>

## Our random player and the paper's

We can test the paper's table. A random player needs no training, so anyone can repeat that column. We let it play all 49
games by the protocol. Each dot is a game: our mean minus the printed one, in standard errors of our mean.

**Before you run the cell:** if nothing but chance is at work, how many of 49 dots will lie outside of the grey band of two
standard errors?
"""
# %%
widgets.replication()
# %% [markdown]
r"""
<details><summary>How many dots should lie outside?</summary>

If the printed numbers were exact, about two: 5 in 100 means miss by more than two standard errors. But they are means of
games too. If 30 games were played for each of them, as for the agent, then the error of the difference is $\sqrt 2$ times
as large (the dashed curve), and about seven dots lie outside by chance alone. The paper does not print how its random
player's games spread.
</details>

Eight lie outside, where chance would put seven. The typical distance (the root of the mean square, over the 46 games that have
a spread) is 1.49; $\sqrt 2 = 1.41$ would be chance alone.

Which games lie further out than chance allows?
"""
# %%
off, baseline = widgets.standard_errors(), evaluation.random_baseline()
print(f"{'':16} {'ours':>12} {'paper':>15} {'std. errors':>11} {'on the scale':>13}")
for game in sorted(off, key=lambda game: -abs(off[game])):
    if abs(off[game]) > 3:
        ours, row = baseline[game], paper.scores()[game]
        mean = f"{ours.mean:9,.1f} +- {standard_error(ours.scores):.1f}"
        percent = human_normalized_score(ours.mean, row.random, row.human)
        print(f"{game:16} {mean:18} {row.random:9,.1f} {off[game]:+10.1f} {percent:+12.1f} %")
# %% [markdown]
r"""
That is a **replication**: other people, ten years later, with another emulator, and the column comes out again. It is worth
more than it looks. It says that the emulator still plays the same games, that "five minutes", "no-op" and "10 Hz" mean what
we took them to mean, and that no score is counted differently. Every one of these could have gone wrong unseen.

What differs, and could make a difference: the paper's emulator was its authors' own branch of the ALE, ours is ale-py 0.12.1.
Scores, lives and ends are read out of the machine's memory by rules that people wrote for each game. And in Pong the
paper's emulator had three actions where ours has six. There the six are three pairs that do the same, so random play does not
change.

**Name This Game** and **River Raid** lie 2.9 standard errors below. Is something wrong with them? We played River Raid again:
another 30 games, this time with pictures, through the course's whole pipeline, gave 1,350 ± 69. The paper has 1,339. It was
chance.

Two games are more than three standard errors off, and both are a lesson in standard errors. In **Kangaroo** 28 of our 30
games ended at 0 and two at 200. A spread that rests on two games is itself a guess. In **Private Eye** most games end at
100, and a rare one below 0 (ours: −285). A few more of those, and the mean is another one. When a score is made of rare
events, 30 games are few, and $s / \sqrt n$ promises too much.

Does it matter for the scale? With our zeros instead of the printed ones it is still 29 games in which DQN reaches 75 % of the
human. But look at **Video Pinball**. Our random player has 16,890 ± 2,143, the paper's 16,257: a perfect match. The human has
17,298. With our zero the agent's 2,539 % become 6,319 %, and with a zero one standard error lower 1,095 %. The whole scale,
1,041 points, is half as long as the error of its zero.

## What does the network expect?

Scores are noisy, and an evaluation takes minutes. The paper also follows another number: what the network *thinks*. Before
the training it puts states aside, from random play, and never trains on them: they are **held out**. Again and again it
asks the network for the value of each, $\max_a Q(s, a)$, and takes the mean:

$$ \bar Q = \frac{1}{n} \sum_{i=1}^{n} \max_a Q(s_i, a; \theta) $$

The states are always the same ones, so the curve is smooth.

## Exercise 10.5: average max Q on held-out states (3 points, about 10 minutes)

The states are many, so they go through the network in batches. Mind the last batch: it may be smaller than the others,
and its states must not count for more.
"""
# %% exercise="average_max_q"
def average_max_q(network, states, batch_size=32):
    """The mean over all states of the largest Q-value: a plain number.

    network: maps uint8 states (B, 4, 84, 84) to Q-values (B, n_actions); it divides by 255
    itself. states: a uint8 tensor (n, 4, 84, 84). At most batch_size states at a time, and
    without keeping what gradients would need: nothing is learned here.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        best = [network(batch).max(dim=1).values for batch in states.split(batch_size)]
    return float(torch.cat(best).mean())
    ### END SOLUTION
# %% check="average_max_q" points=3
checks.average_max_q(average_max_q)
# %% [markdown]
r"""
<details><summary>Hint 1: batches</summary>

`states.split(batch_size)` gives the batches one after the other; the last one has what is left.
</details>

<details><summary>Hint 2: of each state the largest</summary>

`network(batch).max(dim=1).values` has shape (B,). Keep them all in a list, put them together with `torch.cat`, and take
one mean at the end.
</details>

<details><summary>Hint 3: a number, and no gradients</summary>

All of it under `with torch.no_grad():`. `float(...)` makes a plain number of a tensor with one entry.
</details>

**What you should see:** *3 of 3 points*. What do an untrained and the trained network expect of the same states?
"""
# %%
env, states = environments.make_atari("pong"), []
state, _ = env.reset(seed=0)
for step in range(budget(1_000, quick=120)):
    state, _, terminated, truncated, _ = env.step(int(rng.integers(6)))
    if terminated or truncated:
        state, _ = env.reset()
    if step % 10 == 0:
        states.append(torch.from_numpy(state.copy()))
held_out = torch.stack(states)

untrained = type(trained)(n_actions=6, seed=0)
for name, each in ("untrained", untrained), ("trained", trained):
    print(f"{name:9} {average_max_q(each, held_out):.2f}, over {len(held_out)} states")
# %% [markdown]
r"""
## Predict first

Below comes the whole training of the network that ships. You know the task: a random player loses by 20 or 21, the scale
ends at +21, a point is worth 1, and $\gamma = 0.99$. Write down what you expect.

1. At the start the network expects about 0. Will $\bar Q$ rise from there, or sink?
2. Will the score and $\bar Q$ move together?
3. Where must $\bar Q$ end if the agent wins nearly every point?
"""
# %%
# My predictions (nobody grades them)
# 1.
# 2.
# 3.
# %%
widgets.training()
# %% [markdown]
r"""
And the same as numbers, one line an evaluation. Their standard errors are of five games only. (The log has `np.std`, with
$n$ below the sum. Divided by $\sqrt{n - 1}$, here $\sqrt 4$, that comes to the same as $s / \sqrt n$.)
(From step 1,640,450 on the run had smaller learning rates, the last hundred thousand steps a tenth of the first one, and
$\epsilon$ = 0.05 instead of 0.02.)
"""
# %%
run = evaluation.pong_run()
print("agent steps   score of 5 games   average max Q")
for step, mean, deviation in run["evaluations"]:
    q = run["learning"][np.argmin(abs(run["learning"][:, 0] - step)), 1]
    print(f"{step:11,.0f}   {mean:7.1f} +- {deviation / np.sqrt(4):.1f}   {q:13.2f}")
# %% [markdown]
r"""
**How to read it**

- *At first Q sinks* from 0 to about −1, while the score stays where it was. The agent is no worse than before. The network
  has found out how bad things are.
- *Then Q rises, and the evaluations do not.* Between steps 200,000 and 300,000 $\bar Q$ goes up by 0.3, and both
  evaluations say −20.2. Is it progress? Look at the grey dots, the games of the training itself. Around the first step (29
  games) they ended at −20.4 on average and took 5,100 frames, around the second (19 games) at −19.0 and 9,400 frames. So
  the agent did get better, and five games were too few to see it. Some of the rise may still be optimism, see below.
- *A step down in the score need not be one.* Look at neighbouring evaluations that differ by 2 or 3, and at their standard
  errors.

So $\bar Q$ says that something is being learned, and that nothing explodes. It does not say how good the agent is. Only
games do.

### Is what it expects true?

That can be tested: play, and after the game add up what really came. At each step $t$ the discounted sum of the rewards
from there on is what $\max_a Q(s_t, a)$ should have been.
"""
# %%
game = pong_exam(max_frames=budget(6_000, quick=200))
state, _ = game.reset(seed=3)
values, points, over = [], [], False
while not over:
    q = pong_values(state)
    values.append(q.max())
    state, reward, terminated, truncated, _ = game.step(int(q.argmax()))
    points.append(reward)
    over = terminated or truncated

returns = np.zeros(len(points) + 1)
for t in reversed(range(len(points))):
    returns[t] = points[t] + 0.99 * returns[t + 1]

print(f"expected {np.mean(values):.2f} on average, got {np.mean(returns):.2f}")
widgets.expected_and_got(values, returns[:-1], points)
# %% [markdown]
r"""
That also answers the third question. A point comes about every hundred steps. One that comes now counts fully, the one after
it only $0.99^{100} = 0.37$, the third 0.13. So even who wins every point expects 1.6 just before one and 0.6 just after, about
1 in the middle, and not 21. On the held-out states the network expects less, 0.3 to 0.4. They come from random play. In
one of nine of them (we looked at 300) it expects less than 0: the next point is as good as lost.

The two lines need not agree at every step: a value is an average over what may come. But on average over a long time they
should. When the expectation is higher, the network is an optimist, and there is a reason why it tends to be one. The
target takes the *maximum* of noisy values, and the best of several noisy numbers is too high. You have seen that in
the first widget, where somebody told the best of ten evaluations. It is the same mistake, made by the Bellman equation, at every
step. Lesson 12 shows what helps.

(The training clipped rewards to −1 … 1. In Pong they are never larger, so that changes nothing here.)

## Yours beside the paper's

Now the real exam: 30 games of up to five minutes. It takes about three minutes. `evaluate_atari` plays by the same rules
as your `evaluate`, ten games side by side, so that the network sees ten states at a time.

The network is the one that ships. If you have trained one in Lesson 9, take yours: remove the # of the second line.
"""
# %%
mine = trained
# mine = checkpoints.load_nature_network(Path("../09_nature_dqn/runs/pong/weights.safetensors"))

limit = budget(18_000, quick=400)
exam = evaluation.evaluate_atari(
    mine, "pong", episodes=budget(30, quick=2), max_frames=limit, progress=True
)
row = paper.scores()["Pong"]
percent = human_normalized_score(exam.mean, row.random, row.human)
print(f"mine  {exam.mean:6.1f} +- {standard_error(exam.scores):.1f} {percent:8.0f} %")
print(f"paper {row.dqn:6.1f} +- {row.dqn_std / np.sqrt(30):.1f} {row.normalized:8.0f} %")
# %%
widgets.chart(mine={"Pong": exam.mean})
# %% [markdown]
r"""
A number like this means nothing without its **budget**. The paper's agent had 50 million agent steps, 200 million frames.
Ours had a small part of that:
"""
# %%
steps = run["shipped"][0, 0]
print(f"{steps:,.0f} agent steps, {4 * steps / 1e6:.1f} million frames, one seed;")
print(f"the paper's agent had {50e6 / steps:.0f} times as many.")
scores = run["shipped"][:, 1]
print(f"The exam before it was shipped: {scores.mean():.1f} +- {standard_error(scores):.1f}")
# %% [markdown]
r"""
And these are what others reached on Pong, with what it took. All but the first are open programs, and their authors publish
the scores. None of the rows can be compared without a look at the last column.

| who | score | agent steps | what differs |
|---|---|---|---|
| the paper | 18.9 | 50 million | |
| PFRL | 20.0 | 50 million | the paper's protocol |
| CleanRL | 20.25 | 10 million | Adam, other constants |
| Stable-Baselines3 RL Zoo | 20.6 | 10 million | other constants |
| Dopamine | −19.1 to 6.9, five seeds | 2.5 million | sticky actions, other constants |

## Exercise 10.6: read a training (3 points, about 15 minutes)

Answer in the cell below, in eight to twelve sentences. Use numbers from this notebook.

1. Take two neighbouring evaluations of the training, one of which looks like a step back. How large is the difference, how
   large is its standard error, and what follows? (1 point)
2. Find a stretch in which $\bar Q$ rises and the score does not. Name two explanations, and say how one could tell them
   apart. (1 point)
3. The run has kept the network of its best evaluation. Why had it to be examined again with new games, and in which
   direction would you expect the second result to differ? Compare with what the shipped network scored. (1 point)
"""
# %% [markdown] answer="read" points=3
r"""
*Model answer, one of many; the numbers depend on the evaluations that are picked.*

1. At 900,000 steps the evaluation said 2.4, at a million −0.2. The standard deviations over five games are 7.2 and 2.9, so
   the standard errors are 3.6 and 1.5 (divided by the root of 4, because the tables have n below the sum). The difference is
   −2.6, its standard error $\sqrt{3.6^2 + 1.5^2} = 3.9$. That is less than one standard error. It does not show that the
   agent became worse; it shows that five games are too few to say.
2. Between 700,000 and 800,000 steps $\bar Q$ rose from −0.08 to 0.03, and the score went from −10.0 ± 3.0 to −7.8 ± 1.4,
   which is less than one standard error. One explanation: the agent has become better, and five games cannot show it. It
   returns more balls, so points are lost later, and a loss that is further away is discounted more. Then games of the
   training must have become longer or better, and there are many of them. The other one: the maximum over noisy values is
   too high, so it is optimism. Then the values lie above what really comes, on games of that very network.
3. The best of several evaluations is too high, because among networks of equal strength it is the luckiest that wins. So I
   would expect the second result to be lower. The evaluation that chose it had five games, the exam had 30, with other
   seeds. (Compare the highest score of the table with the exam of the shipped network.)

*Points: one a question. 1: both numbers, the standard error of the difference, and a conclusion that follows from them. 2: a
stretch that is in the data, two explanations, and a test that would separate them. 3: selection, and its direction. Other
stretches and other evaluations are as good.*
"""
# %% [markdown]
r"""
## Summary

- An evaluation has rules: 30 whole games, real points, five minutes, no-op starts, $\epsilon = 0.05$, seeds that are new.
- A mean comes with its standard error, $s / \sqrt n$. The best of many means is too high.
- A random player stands beside every score, at 10 actions a second.
- The human-normalised score puts games on one scale. The scale is short in some games, so take the median.
- Average max Q on held-out states is smooth, and shows that something is learned. Only games show how good it is.
- A score without its budget, its seeds and its rules cannot be compared with anything.

**To think about**

1. The human played about 20 games, and no spread is printed. How would you draw 100 % in the chart if it were?
2. The paper trained one agent a game. Which of its claims would survive if every bar could be off by a fifth?
3. A benchmark is used for years, and everyone tells the best of many ideas. What does that do to the scores?
4. Clipped rewards, and scores that are not: in which games does the agent train for something else than it is tested on?
5. What would a fair comparison of a human and an agent look like? Think of practice, reaction time, and eyes.

**Next:** Lesson 11 looks inside. What has the network learned to see?
"""
