# %% [markdown]
r"""
# Lesson 11: Inside the network

You have an agent that plays. It is 1.7 million numbers, and nobody wrote any of them. What has it learned? In this
lesson you open it: its filters, its last hidden layer, its values while it plays, and a map of all states as *it* sees
them.

**You will build**

- `hidden_features`: what the network makes of a state, just before it decides (4 points),
- `values_and_advantages`: what a state is worth, and what an action costs (2 points),
- `returns_to_go`: what really came, to hold against what was expected (3 points),
- `nearest_states` and `unlike_pairs`: which states are the same to the network (6 points),
- and a written interpretation of what you found (5 points).

**You need:** the network of Lesson 9 and the value of a state (Lesson 5). Everything runs on an agent that comes with the
course; you train nothing here.

**Time:** about two hours. The map takes about half a minute to compute, everything else less.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import display
from tqdm.auto import tqdm

from dqn_course import checkpoints, embedding, evaluation, networks
from dqn_course.checks import lesson_11 as checks
from dqn_course.config import PAPER, budget
from dqn_course.widgets import lesson_11 as widgets

GAME = "pong"  # the agent that is opened; checkpoints.shipped_games() lists those that the course has
# %% [markdown]
r"""
## Who is it?

This is the agent, and the game that it plays. The network has the layers that you wrote in Lesson 9.
"""
# %%
network = checkpoints.load_nature_network(GAME)
n_actions = network.fc2.out_features
print(f"{GAME}: {sum(weight.numel() for weight in network.parameters()):,} weights, {n_actions} actions")
network
# %% [markdown]
r"""
## What the first layer looks for

The first layer has 32 filters. Each has 8 x 8 weights for each of the four pictures of the state. They are the only
weights that can be looked at directly, because their inputs are pixels. Everything deeper looks at maps of maps.

They began as noise. **Before you run the cell:** what should a filter look like that has found something to do? What
would you look for in four pictures of a game with a ball, or with a laser?
"""
# %%
widgets.filters(network)
# %% [markdown]
r"""
Each filter is a row of four squares, the oldest picture on the left. Red weights are positive, blue ones negative. The
filters with the largest differences come first.

Compare with a network that has learned nothing. All of its filters are noise, equally strong.
"""
# %%
untrained = networks.NatureQNetwork(n_actions, seed=0)
widgets.filters(untrained)
# %% [markdown]
r"""
**How to read the first picture.** Do not expect drawn edges: the noise of the beginning is still in every filter. Look
for three kinds.

- **Noise**, as in the second picture. Such a filter has hardly moved from where it began. Nobody needed it.
- **The same shape in all four squares.** It finds a thing wherever it stands: an edge, a bat, a ship.
- **Red in the last square and blue in the ones before, or the other way round.** It finds something that *is* there now
  and *was not* there before. What stands still gives nothing, because the squares cancel. That is a filter for motion.

Nobody asked for a filter for motion. A single picture does not tell where a ball flies to. The rewards did: who knows
where the ball flies to gets more of them.

<details><summary>Why do so many filters stay noise?</summary>

Two reasons. The game is simple, and a few filters are enough. And a filter can die: if its map is negative everywhere,
the ReLU makes it 0 everywhere, no gradient comes back, and it stays as it is for good.
</details>

<details><summary>Can the second layer be looked at like this?</summary>

Its filters are 4 x 4 weights on 32 maps each. One can draw them, but a weight on "map 17" means nothing without knowing
what map 17 shows. That is why people ask other questions about deep layers: which *inputs* make this unit fire? Which
inputs look the same to it? The second one is the question of this lesson.
</details>

## The last hidden layer

After the convolutions come 512 units, and then the last layer, which is linear. For each action $a$ it has a row of 512
weights $w_a$ and a bias $b_a$:

$$ h = h(s) \in \mathbb{R}^{512}, \qquad Q(s, a) = w_a \cdot h + b_a $$

So **everything that the network will say about a state is in these 512 numbers**. Two states with the same $h$ have the
same Q-values, however different they look. That makes $h$ the place to ask what the network takes for the same.

![The network from left to right: four pictures, the maps of three convolutions, the hidden layer of 512 units, and the Q-values. A bracket marks the hidden layer: everything that the network will say about the state is in it.](images/hidden.png)

## Exercise 11.1: the hidden layer (4 points, about 20 minutes)

Write the function that hands out $h$. Three things besides the layer itself:

- the states come as NumPy bytes, and the result is NumPy too: one row a state, in their order;
- there may be thousands of them. The maps of the first layer alone take 51 KB a state, so send at most `batch_size`
  states through at once, and join the results;
- nobody will learn from this, so PyTorch need not remember anything.

There are two ways. You can **go through the layers yourself**: the network has them as `conv1`, `conv2`, `conv3`, `fc1`
and `fc2`, and the ReLUs are yours to add. Or you can **listen**: a *hook* is a function that PyTorch calls whenever a
layer is used, with what goes in and what comes out. It works with any network, also with one whose `forward` you do not
know.

```python
heard = []
hook = network.fc2.register_forward_hook(lambda layer, inputs, output: heard.append(inputs[0]))
network(batch)   # heard now holds what the last layer got
hook.remove()    # or it stays, and listens for ever
```
"""
# %% exercise="hidden_features"
def hidden_features(network, states, batch_size):
    """The last hidden layer, after its ReLU: an array (n, units), one row a state.

    network: layers conv1, conv2, conv3, fc1, fc2 as in Lesson 9; units is what fc2 takes, 512 in the paper.
    states: uint8 array (n, 4, 84, 84). batch_size: states that go through the network at once, at most.
    """
    ### BEGIN SOLUTION
    parts = []
    with torch.no_grad():
        for start in range(0, len(states), batch_size):
            x = torch.from_numpy(states[start : start + batch_size]) / 255  # (B, 4, 84, 84), from 0 to 1
            for layer in (network.conv1, network.conv2, network.conv3):
                x = F.relu(layer(x))
            parts.append(F.relu(network.fc1(x.flatten(1))))  # (B, units)
    return torch.cat(parts).numpy()
    ### END SOLUTION
# %% check="hidden_features" points=4
checks.hidden_features(hidden_features)
# %% [markdown]
r"""
<details><summary>Hint 1: the batches</summary>

`for start in range(0, len(states), batch_size):` and in it `states[start : start + batch_size]`. The last one may be
shorter; a slice that goes over the end is no error. Collect the results in a list and end with `torch.cat(parts)`.
</details>

<details><summary>Hint 2: through the layers</summary>

The same lines as in your `forward` of Lesson 9, up to `fc1`: divide by 255, three times `F.relu(layer(x))`,
`x.flatten(1)`, and `F.relu(network.fc1(x))`.
</details>

<details><summary>Hint 3: with a hook</summary>

Register it once before the loop, call `network(batch)` in the loop, and `remove()` it after the loop. Who is it that
needs the division by 255 now? `network(...)` does that itself: give it the bytes.
</details>

<details><summary>Hint 4: no memory of it</summary>

`with torch.no_grad():` around the loop. Then the tensors have no graph, and `.numpy()` works.
</details>

**What you should see:** *4 of 4 points*.

## Let it play

We need states. The agent plays eight games side by side by the paper's protocol: whole games, up to 30 frames without
action at the start, and one action in twenty at random. Neighbours in time are nearly the same, so we keep every fourth
state.
"""
# %%
policy = evaluation.epsilon_greedy(network, epsilon=0.05)
play = embedding.record(policy, GAME, n_states=budget(2000, quick=240), every=4, seed=1, progress=True)
features = hidden_features(network, play.states, batch_size=128)

print("states:", play.states.shape, " hidden layer:", features.shape)
print(f"units that are never on: {(features.max(axis=0) == 0).sum()} of {features.shape[1]}")
print(f"units that are on in a state: {(features > 0).sum(axis=1).mean():.0f} on average")
widgets.layer(features[play.games == 0][:150], every=4)
# %% [markdown]
r"""
Each row is a state of one game, time runs down, and each column is a unit. Dark means strongly on; on the right are those
that never were. Read it like a piano roll: stripes down are units that stay on, short dashes are units that wait for
something and then fire.

Few units do the work. The others were on at some time during training, or never, and have died. For the agent that is
no harm; it is 512 because that was enough for 49 games.

## What a state is worth, and what an action costs

From $h$ to the Q-values it is one linear layer.
"""
# %%
q = embedding.q_values(network, features)  # (n, n_actions)
with torch.no_grad():
    directly = network(torch.from_numpy(play.states[:50])).numpy()
print("Q-values:", q.shape, f" largest difference to the network's own: {np.abs(q[:50] - directly).max():.6f}")
print(q[[0, 100, 200]].round(3))  # of three states
# %% [markdown]
r"""
The agent takes the action with the largest Q-value. So the value of a state is that one, and each action can be
compared with it:

$$ V(s) = \max_a Q(s, a), \qquad A(s, a) = Q(s, a) - V(s) $$

$A$ is the **advantage**. For the best action it is 0, for all others negative. It says what a mistake would cost *now*,
if everything after it were done right again. In most games it is small nearly all the time.

## Exercise 11.2: values and advantages (2 points, about 10 minutes)
"""
# %% exercise="values_and_advantages"
def values_and_advantages(q):
    """V (n,) and A (n, n_actions) of Q-values ``q`` (n, n_actions), a NumPy array. ``q`` stays as it is.

    >>> values_and_advantages(np.array([[1.0, 3.0, 2.0]]))
    (array([3.]), array([[-2.,  0., -1.]]))
    """
    ### BEGIN SOLUTION
    values = q.max(axis=1)  # (n,)
    return values, q - values[:, None]  # (n, 1) is subtracted from every column
    ### END SOLUTION
# %% check="values_and_advantages" points=2
checks.values_and_advantages(values_and_advantages)
# %% [markdown]
r"""
<details><summary>Hint 1: which axis?</summary>

A row is a state. `q.max(axis=1)` gives the largest of each row.
</details>

<details><summary>Hint 2: the shapes do not fit</summary>

(n, n_actions) minus (n,) would subtract along the wrong axis. `values[:, None]` has shape (n, 1).
</details>

**What you should see:** *2 of 2 points*.

## Values while it plays

The paper shows this for Breakout (Extended Data Figure 2). While the agent clears the lowest bricks the value is about 17.
When it is about to break through the wall it rises to 21, and to more than 23 when the ball has got behind it: there it
will clear bricks by itself. None of these points had been won yet.

Here is a clip of our agent. **Predict first:** draw the value of forty seconds of play, on paper. Where does it rise, and
where does it fall? When do the actions differ much, and when hardly at all? What happens just *after* a point?
"""
# %%
# My predictions (nobody grades them, but Exercise 11.6 asks for them)
# 1. The value rises …
# 2. The value falls …
# 3. The action matters most …
# %%
clip = embedding.play_clip(policy, GAME, n_steps=budget(600, quick=60), seed=1)
clip_values, clip_advantages = values_and_advantages(
    embedding.q_values(network, hidden_features(network, clip.states, batch_size=128))
)
spread = -clip_advantages.min(axis=1)  # (T,): how far the worst action lies below the best
moments = widgets.moments(clip_values, clip.rewards, spread)
widgets.story(clip.screens, clip_values, clip_advantages, clip.rewards, clip.action_names, moments)
# %% [markdown]
r"""
The numbers on the line are the moments below it, each with its screen and the Q-values of all actions. The best one is
orange. Now play what is around each moment. Stop where something happens, and go step by step with the arrow keys.
"""
# %%
widgets.player(clip.screens, clip_values, clip_advantages, clip.rewards, clip.action_names, moments)
# %% [markdown]
r"""
**What to look at**

- *Before a reward* the value rises (or sinks, if it is a loss) well before anything is counted. The network sees it
  coming. How many steps before?
- *Just after it* the value jumps back. The reward has been paid, and is no longer to come. $V$ is not the score; it is
  what is still expected.
- *While nothing is decided* the bars of the advantages are short. Any action will do, because there is time to correct
  it. *Just before it matters* they grow: now a wrong button costs a point.
- *When nothing can be changed any more*, and for *actions that mean the same in this game*, the advantages should be
  exactly 0. Are they? What you see there is not knowledge but error, and it tells how far you may trust the other bars.

## Does it come true?

A network can be very sure, and wrong. Whether its values mean anything can be tested: after each state something really
happened. The return that followed step $t$ is

$$ G_t = r_t + \gamma\, r_{t+1} + \gamma^2 r_{t+2} + \dots = r_t + \gamma\, G_{t+1} $$

up to the end of the life or of the game. After an end nothing follows: $G_t = r_t$ there. With the recursion on the right
it is one pass, **from the last step backwards**.

![Rewards of eight steps, an end after the fifth, and the returns that follow from them with a discount of one half. Arrows lead from each return to the step before; none crosses the end.](images/returns.png)

## Exercise 11.3: what really came (3 points, about 15 minutes)
"""
# %% exercise="returns_to_go"
def returns_to_go(rewards, ends, gamma):
    """The discounted return that followed each step, (T,): what is won in step t itself counts in full.

    rewards: (T,). ends: (T,) of True and False; True where a life or the game ended with this step, so that nothing
    after it counts. What comes after the last step is unknown, and counts as 0.

    >>> returns_to_go(np.array([0.0, 1.0, 0.0, 2.0]), np.array([False, True, False, False]), gamma=0.5)
    array([0.5, 1. , 1. , 2. ])
    """
    ### BEGIN SOLUTION
    returns, following = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * following * (not ends[t])
        returns[t] = following
    return returns
    ### END SOLUTION
# %% check="returns_to_go" points=3
checks.returns_to_go(returns_to_go)
# %% [markdown]
r"""
<details><summary>Hint 1: backwards</summary>

`for t in reversed(range(len(rewards))):`. Keep the return of the step after in a variable, 0 at first.
</details>

<details><summary>Hint 2: the ends</summary>

Where `ends[t]` is True, what follows is cut off *before* the reward of step t is added. `(not ends[t])` is 0 or 1 in a
product.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
following = rewards[t] + gamma * following * (not ends[t])
returns[t] = following
```
</details>

**What you should see:** *3 of 3 points*.

Now hold them against each other. The rewards of a state near the end of the recording are not all there yet, so we leave
the last 300 agent steps out: what comes 300 steps later counts $0.99^{300} = 0.05$.
"""
# %%
returns = [returns_to_go(play.rewards[:, i], play.ends[:, i], PAPER.gamma) for i in range(play.rewards.shape[1])]
came = np.stack(returns, axis=1)[play.steps, play.games]  # (n,): the return that followed each state
known = play.steps < len(play.rewards) - budget(300, quick=8)

values, advantages = values_and_advantages(q)
print(f"expected on average: {values[known].mean():+.2f}    came: {came[known].mean():+.2f}")
print(f"correlation: {embedding.correlations(values[known], came[known]):.2f}")
widgets.came_true(values[known], came[known])
# %% [markdown]
r"""
**How to read it.** Each dot is a state; the orange line joins the means of ten groups, from the states of which least
was expected to those of which most was.

- *Does the orange line rise?* Then the values know something. A state that the network likes is followed by more.
- *Where is it flat?* There a larger value was not followed by more. Differences as small as that mean nothing.
- *Is it below the dashed line?* Then the network expects too much. That is common, and has two causes. One is
  harmless: every twentieth action is random here, and the values are those of play without accidents. The other is a
  flaw of Q-learning: the **maximum** over noisy estimates is too large on average, because it picks the luckiest error.
  Lesson 12 has a cure.
- *The single dots lie far from the line.* The future is not decided yet: the opponent, the accidents. A value is a mean.

<details><summary>Are those 2000 states 2000 experiments?</summary>

No. States of the same rally share what comes. With eight games and a few dozen rewards in them, the means of the
groups are uncertain. If you want a better answer, record more: change `n_states`, and run on from there.
</details>

## Which states are the same?

Now to the question of the lesson. Two states are the same to the network if their $h$ are near each other:

$$ d(s, s') = \lVert h - h' \rVert = \sqrt{\textstyle\sum_u (h_u - h'_u)^2} $$

## Exercise 11.4: the nearest states (3 points, about 15 minutes)

A state is at distance 0 of itself, which says nothing, so it does not count. Careful: another state *may* be at distance 0
as well, and that one counts. (The root changes no order, so you may leave it out.)
"""
# %% exercise="nearest_states"
def nearest_states(features, query, k):
    """The numbers of the ``k`` states nearest to state ``query``, nearest first, without ``query`` itself: (k,).

    features: (n, d), one row a state; it stays as it is. query: the number of a row.

    >>> nearest_states(np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0]]), query=0, k=2)
    array([2, 1])
    """
    ### BEGIN SOLUTION
    distances = ((features - features[query]) ** 2).sum(axis=1)  # (n,)
    distances[query] = np.inf
    return distances.argsort()[:k]
    ### END SOLUTION
# %% check="nearest_states" points=3
checks.nearest_states(nearest_states)
# %% [markdown]
r"""
<details><summary>Hint 1: all distances at once</summary>

`features - features[query]` subtracts one row from every row. Square it, and add up over axis 1, the features.
</details>

<details><summary>Hint 2: not itself</summary>

Set its distance to `np.inf` before you sort. Then it comes last, and no number shifts.
</details>

<details><summary>Hint 3: numbers, not distances</summary>

`distances.argsort()` are the numbers of the states, nearest first.
</details>

**What you should see:** *3 of 3 points*.

Here are three states, each with the four nearest from *other games*. (In its own game the nearest is simply the next
moment.) Run the cell several times: it draws other states each time.
"""
# %%
def nearest_in_other_games(table, i, k):
    """The numbers of the k states nearest to state i among those of other games whose return is known."""
    others = np.flatnonzero((play.games != play.games[i]) & known)
    candidates = np.concatenate([table[i : i + 1], table[others]])  # row 0 is the state itself
    return others[nearest_states(candidates, 0, k) - 1]


for i in np.random.default_rng().choice(len(play), 3, replace=False):
    alike = nearest_in_other_games(features, i, 4)
    titles = [f"state {j}, V = {values[j]:.2f}" for j in (i, *alike)]
    display(widgets.row_of_states(play.states[[i, *alike], -1], titles))
# %% [markdown]
r"""
The state is on the left. What do its neighbours share with it, and what may differ? Look at everything that moves.
What differs freely among neighbours is what the network seems to care little about.

## Do they look alike?

Neighbours often look alike, and then it is no wonder. The interesting ones do **not**. The paper shows some of them on
its map of two hours of Space Invaders: side by side, worth the same, and different to look at. There the network has found
that the picture differs and the future does not.

We look for such pairs among the nearest neighbours: worth the same, and as unlike as possible.

## Exercise 11.5: unlike pairs (3 points, about 20 minutes)

`pairs` is a table of two numbers of states a row. First keep those whose values differ by at most `tolerance`. Then
measure how unlike the two pictures of each pair are:

$$ u(i, j) = \frac{1}{84 \cdot 84} \sum_{\text{pixels}} \lvert x_i - x_j \rvert $$

Return the `k` pairs with the largest $u$, largest first. One old trap waits here: the pixels are bytes.
"""
# %% exercise="unlike_pairs"
def unlike_pairs(pictures, values, pairs, tolerance, k):
    """Of ``pairs`` those worth the same that look least alike: at most ``k`` rows of ``pairs``, most unlike first.

    pictures: uint8 (n, height, width). values: (n,). pairs: whole numbers (m, 2), two states a row.
    Worth the same: the two values differ by at most ``tolerance``. If fewer than k pairs are, return those.
    """
    ### BEGIN SOLUTION
    first, second = pairs[:, 0], pairs[:, 1]
    pairs = pairs[np.abs(values[first] - values[second]) <= tolerance]
    pixels = pictures.astype(np.float32)  # bytes have no sign: 10 - 12 would be 254
    unlike = np.array([np.abs(pixels[i] - pixels[j]).mean() for i, j in pairs])
    return pairs[np.argsort(-unlike)[:k]]
    ### END SOLUTION
# %% check="unlike_pairs" points=3
checks.unlike_pairs(unlike_pairs)
# %% [markdown]
r"""
<details><summary>Hint 1: the values of all pairs</summary>

`values[pairs[:, 0]]` are the values of the first states of all pairs, `values[pairs[:, 1]]` those of the second ones.
A comparison of arrays gives True and False, and `pairs[that]` keeps the rows where it is True.
</details>

<details><summary>Hint 2: bytes</summary>

In uint8, 10 − 12 is 254. `pictures.astype(np.float32)` first, then subtract, then `np.abs`, then `.mean()`
of one pair, or `.mean(axis=(1, 2))` of all pairs at once.
</details>

<details><summary>Hint 3: the largest first</summary>

`np.argsort(-unlike)` puts the largest first. Its numbers belong to the pairs that are left, so use them on those.
</details>

**What you should see:** *3 of 3 points*. Then the pairs themselves: all are nearest neighbours in the hidden layer, from
two different games, with values within 0.05.
"""
# %%
some = np.random.default_rng(0).choice(len(play), min(len(play), 500), replace=False)
pairs = np.array([(i, nearest_in_other_games(features, i, 1)[0]) for i in tqdm(some, unit="state")])  # (500, 2)
found = unlike_pairs(play.states[:, -1], values, pairs, tolerance=0.05, k=5)
widgets.pairs_figure(play.states[:, -1], values, found)
# %% [markdown]
r"""
Red and blue in the last row is where the two pictures differ. Ask of each pair: *does this difference matter for the
points to come?* If not, the network is right to ignore it. If it does, you have found a mistake.

<details><summary>Is it a surprise that neighbours have equal values?</summary>

No, and it is important to see why. $Q$ is a linear function of $h$, so a small step in $h$ can only be a small step in
every Q-value. Equal values of neighbours are **built in**, in an untrained network too. What is not built in is *which*
states are neighbours. The honest question is whether neighbours share their real future. That comes now.
</details>

## A fair test

Let the neighbours make a forecast. We take a state, its ten nearest states from other games, and the mean of the returns
that **really** followed those. Then we compare it with what really followed the state itself. The better "near" knows what
matters, the better the forecast. Four notions of near compete:

- near in the hidden layer of the trained network,
- near in the hidden layer of the untrained network,
- near in the pixels (of all four pictures, averaged over squares of 6 x 6),
- any ten states.

A good measure of a forecast is its correlation with what came: 1 is perfect, 0 is worthless. We compute it for each of
the eight games by itself. Eight numbers have a mean, and the mean an error.

**Predict first:** in which order will they come? Will the pixels be worth anything?
"""
# %%
coarse = play.states.reshape(len(play), 4, 14, 6, 14, 6).mean(axis=(3, 5), dtype=np.float32)  # (n, 4, 14, 14)
tables = {
    "trained": features,
    "untrained": hidden_features(untrained, play.states, batch_size=128),
    "pixels": coarse.reshape(len(play), -1),
    "any state": np.random.default_rng(1).random((len(play), 1)),
}
asked = np.flatnonzero(known)[:: budget(3, quick=20)]
means, errors = {}, {}
for name, table in tables.items():
    forecast = [came[nearest_in_other_games(table, i, 10)].mean() for i in tqdm(asked, desc=name)]
    each = embedding.correlations(forecast, came[asked], play.games[asked])  # (8,), one a game
    means[name], errors[name] = each.mean(), each.std() / len(each) ** 0.5

widgets.bars(means, "correlation of the forecast with what came, mean of 8 games", errors)
# %% [markdown]
r"""
The thin lines are the errors; twice their length is a fair margin.

*Any state* is the check of the check: it has to be near 0. If *trained* stands clearly above *untrained* and *pixels*, then
training has moved states together that share their future, and moved others apart. That is what people mean when they
say that a network has learned a **representation**.

<details><summary>How can the pixels be so much worse? A ball in the same place is a ball in the same place.</summary>

Two pictures are near in pixels if *most* pixels agree. What decides the next point may be a ball of three pixels and where
it came from; the digits of the score have more pixels than that. Nothing tells the distance in pixels which of them matter.
</details>

<details><summary>And the untrained network? It sees motion too, if only by chance.</summary>

So it does, in some of its units, and mixes it with everything else at equal weight. Random features are a kind of pixels.
A *linear* model on top of them could learn which ones count. A plain distance cannot.
</details>

## From 512 dimensions to 2

Neighbours are found one state at a time. A **map** would show all of them at once: each state a dot, near dots alike.
512 dimensions do not fit into 2, so something is lost, and one must choose what to keep. **t-SNE** keeps the *neighbours*.

For each state it turns distances into chances: with which chance $p_{ij}$ would $i$ pick $j$ as its neighbour, if near
ones are likelier? On the plane the dots have such chances too, $q_{ij}$. Then the dots are moved, step by step along a
gradient, until the two agree:

$$ p_{j \mid i} \propto e^{-\lVert h_i - h_j \rVert^2 / 2\sigma_i^2}, \qquad
q_{ij} \propto \frac{1}{1 + \lVert y_i - y_j \rVert^2}, \qquad
\text{loss} = \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}} $$

$y_i$ is the place of dot $i$; $p_{ij}$ is the mean of $p_{j \mid i}$ and $p_{i \mid j}$, divided by the number of states. The
width $\sigma_i$ is chosen for each state so that it minds about as many neighbours as the **perplexity** says. Up to a
constant the loss is the cross-entropy of Lesson 3 again, with dots in place of weights.

The loss is large where near states are put far apart. Where *far* states are put at the wrong distance it hardly
notices. Try it with points that are known: one tight group, one wide group, and one far away. *Play* shows the descent.
**Which of these three facts survive on the map: which points belong together, how wide a group is, how far away one is?**

![Left: three groups of points, one tight, one wide, one far away. Right: their map by t-SNE. The groups are apart, but all are about as wide, and none is farther away than the others.](images/how_it_maps.png)
"""
# %%
widgets.how_it_maps()
# %% [markdown]
r"""
Only the first. On a t-SNE map **who is near whom** means something. How large a cluster is, how far two clusters are
apart, and where they stand, mean nothing or little. With a small perplexity even one group falls into pieces that are
not there.

Keep that in mind for every such map that you will see.

## The map

To compare two players they must be on the *same* map, since two maps share no coordinates. So we let a random player play
as well, and map all states together. It knows nothing of the network; the network looks at *its* states here.

It takes about half a minute. (Before t-SNE, `embedding.tsne` keeps the 50 directions in which the features vary most.
That is usual, and saves time.)
"""
# %%
rng = np.random.default_rng(0)
random_play = embedding.record(
    lambda states: rng.integers(n_actions, size=len(states)), GAME, n_states=budget(800, quick=80), every=4, seed=2
)
all_states = np.concatenate([play.states, random_play.states])
all_features = hidden_features(network, all_states, batch_size=128)
places = embedding.tsne(all_features, perplexity=30, n_steps=budget(750, quick=250), progress=True)  # (n, 2)
# %% [markdown]
r"""
First the states of the agent alone, coloured by value, as in the paper's Figure 4. **Point at the dots.** Click to keep one:
the rings are its nearest neighbours in all 512 dimensions, and their pictures are below. *Follow the game* walks on from
there, one kept state after the other.

Go to the brightest dots first, then to the darkest, then to two bright places far apart.
"""
# %%
mine = slice(0, len(play))
near = np.array([nearest_states(features, i, 3) for i in tqdm(range(len(play)), unit="state")])  # (n, 3)
widgets.StateMap(
    places[mine], play.states[:, -1], {"V": values, "return that came": came}, play.steps, play.games, near=near
)
# %% [markdown]
r"""
<details><summary>What to look for</summary>

- Do bright dots gather? They must to some degree (values of neighbours are equal by construction). In how many places?
  What do the pictures of one such place have in common, and what do two bright places differ in?
- Colour by *return that came*. Is the pattern the same, only noisier?
- Follow a game. Does the path run on smoothly and then jump? What happens on the screen at a jump?
- Are the rings near the chosen dot? Where they are not, the map tells a lie: 2 dimensions were not enough.
</details>

## States of another player

The paper also maps states that a person met while playing, beside the agent's own. Here it is the random player. **Predict
first:** will its states lie among those of the agent, or apart from them? Which of the agent's states can it never
reach?
"""
# %%
player = np.repeat([0, 1], [len(play), len(random_play)])
all_values, _ = values_and_advantages(embedding.q_values(network, all_features))
widgets.players_figure(places, all_values, ("agent", "random"), player)
# %%
widgets.StateMap(
    places, all_states[:, -1], {"V": all_values},
    np.concatenate([play.steps, random_play.steps]), np.concatenate([play.games, random_play.games]),
    players=("agent", "random"), player=player,
)
# %% [markdown]
r"""
**How to read it.** Where both are mixed, the network treats a state of the random player like one of its own: what it
knows does not hang on how the state came about. Islands of one player alone are states that only that one meets. Look at
such islands: is it a *place* that only one gets to, or a *moment* that only one survives?

And compare the colours. Where the random player's dots are as bright as the agent's, the network is telling you what
*it* would make of that state, not what the random player will.

Mixing can be counted, too. If players made no difference, the nearest neighbour of a random player's state would be
the agent's as often as the agent has states.
"""
# %%
neighbour = np.array([nearest_states(all_features, i, 1)[0] for i in np.flatnonzero(player == 1)])
print(f"nearest neighbours of the random player's states that are the agent's: {(player[neighbour] == 0).mean():.0%}")
print(f"share of the agent in all states: {(player == 0).mean():.0%}")
# %% [markdown]
r"""
(Its own next moment is mostly the nearest, so expect less than that share even where both are well mixed.)

## Exercise 11.6: your interpretation (5 points, about 25 minutes)

Write half a page on what this network has learned. Somebody who has not seen the pictures should be able to follow you.
Name states by their numbers, so that one can look them up. It is graded by hand:

1. **Values over time.** Compare one of your predictions with the clip. Name a moment (agent step), say what is on the
   screen, what $V$ does and why, and whether the advantages agree. (1 point)
2. **A region of the map.** Choose one, name three states in it, and say what they share and in what they differ. (1 point)
3. **A pair that looks different and is worth the same.** Say what differs, and why it is right, or wrong, to ignore it.
   (1 point)
4. **Evidence.** Which of your statements could have come out the same for an untrained network? Which could not, and
   which number shows that? (1 point)
5. **Limits.** One thing that the map seems to show and that you do not believe, or one that you could not find out, and
   what you would do to find out. (1 point)
"""
# %% [markdown] answer="interpretation" points=5
r"""
*Model answer. What is on the screen differs from agent to agent and from run to run; what counts is under each number.*

1. I expected the value to rise only when a point is made. It rises earlier: in my clip from 0.8 to 1.5 within two dozen
   agent steps, a second and a half before the point is won, when the ball flies to where the opponent will not be, and
   falls back to 0.6 in the step after the reward, because the reward is paid and no longer to come. The advantages do
   not quite agree: when the ball is past the bat no button can change anything, so all should be 0, and the worst action
   still was 0.2 below the best. Differences of that size mean nothing in this network. *(1 point: a prediction, a named step, the direction of V with the reason "still to come", and a word on advantages.
   ½ if the reason is missing, or if V is taken for the score.)*
2. One bright island: in all three states that I looked at the ball is on the opponent's side and flies away from its
   bat. The score and the place of my own bat differ. So the island is "a point is about to be won", not a picture.
   *(1 point: three numbers, something shared and something different. ½ without numbers or without the difference.)*
3. In one pair the two bats stand quite differently, and the values differ by 0.02. In both the ball is far away and has
   just been hit back, so there is time to go anywhere: the place of the bat does not matter yet. It is right to ignore
   it. *(1 point: what differs, and an argument about the future. ½ for "they look different" alone.)*
4. That neighbours have equal values would be so in any network, because Q is linear in h. That neighbours forecast what
   really comes would not: the ten neighbours in the trained layer did so with a correlation of 0.47 ± 0.06, those in
   the untrained layer and in the pixels with 0.28 ± 0.10 and 0.30 ± 0.06. *(1 point: one statement of each kind, and a number with
   its error or a correlation. ½ for one kind alone.)*
5. The map has many small islands. I do not believe that there are so many kinds of states: with another perplexity or
   seed they would be others, and some are one rally of one game, seen every fourth step. I would map again with other
   seeds and with one state a second, and look which islands stay. *(1 point: something that t-SNE cannot show, such as
   sizes, distances or numbers of clusters, or an open question, with a way to find out. ½ without the way.)*
"""
# %% [markdown]
r"""
## A second agent

The course has an agent of Space Invaders, too. It scores 580; the paper's has 1976, a random player 148. Write
`GAME = "space_invaders"` into the first cell and run all cells again; it takes about a minute. You will see two things.

- The map is a few long strands instead of many islands, as in the paper's Figure 4. It is bright where the screen is full of
  invaders, and dark where few are left.
- The values come true far better. In our run their correlation with what came was 0.92.

But the ten neighbours forecast as well in the untrained network as in the trained one: 0.92 ± 0.03 for *trained*,
0.90 ± 0.04 for *untrained*, and 0.89 ± 0.04 for *pixels*. **Ask yourself:** has this network learned nothing?

<details><summary>Our answer</summary>

The agent plays four times as well as a random player, so it has. But here the question was too easy. What is still to come
depends most of all on how many invaders are left, and that can be read from the pixels without any training. In Pong the
screen looks nearly the same whoever is about to win the point. A test tells two networks apart only if its question is hard.
</details>
"""
# %% [markdown]
r"""
## Summary

- The first layer's filters can be looked at. Many stay noise; some find things, and some find motion.
- Everything the network says about a state is in its last hidden layer. Q is a linear function of it.
- $V(s) = \max_a Q(s, a)$ says what is still to come, $A = Q - V$ what a mistake costs now. Most of the time it costs little.
- Values can be tested: hold them against the returns that came. They are often too high.
- Near in the hidden layer means: the same future, as far as the network knows. Not: the same picture.
- t-SNE keeps neighbours. Sizes and distances on the map mean little.

**To think about**

1. The network has never seen the states of the random player that lie on islands of their own. Why should its values
   there be right? Why might they be wrong?
2. Two states with the same $h$ get the same action. Can you construct two states that *should* not, and that the network
   must confuse because it sees four pictures only?
3. Half of the filters are noise. Could the network be made smaller without loss? How would you find out which filters
   to drop?
4. The features were shaped by rewards alone. Which things on the screen would you expect *not* to find in them?
5. A map of an agent that plays badly looks as convincing as one of an agent that plays well. What would you ask before
   you believe an explanation?

**Next:** Lesson 12 mends what this lesson has shown: values that are too high, states of which nothing is to be learned,
and actions that do not matter.
"""
