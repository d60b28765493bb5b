# %% [markdown]
r"""
# Lesson 8: What the Atari agent sees

In 2015 one program learned to play 49 games of the Atari 2600, each from the picture on the screen and the score
alone (Mnih et al., *Nature*, 2015; "the paper" below). Before its network saw a picture, a few small steps had been at
work on it. Each of them is there for a reason, and each of them can be got wrong without anybody noticing. In this
lesson you build all of them.

**You will build**

- `max_of_two_frames`, `luminance` and `resize_84`: from a flickering colour screen to a small grey picture (7 points),
- `stack_frames`: how four pictures show what one cannot (3 points),
- `repeat_action`, `clip_reward` and `lives_to_terminal`: what happens between two decisions (7 points),
- `replay_bytes`: why a million memories fit into a computer (2 points).

**You need:** NumPy arrays and loops; state, transition and discount (Lessons 5 and 6); the replay memory and the
lander (Lesson 6). No network is trained in this lesson.

**Time:** about 75 minutes. On an ordinary computer no cell takes longer than a few seconds. The rewards cell plays
20,000 frames and is the longest.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import time

import cv2
import numpy as np

from dqn_course import environments
from dqn_course.checks import lesson_08 as checks
from dqn_course.config import budget
from dqn_course.widgets import lesson_08 as widgets

# %% [markdown]
r"""
## One screen, as it comes

The games run in an **emulator**, a program that behaves like the old machine. Its name is ALE,
for Arcade Learning Environment. A call of `act` presses a button for one **frame**, which is 1/60 of a second, and
returns the reward. `getScreenRGB` gives the screen. `getMinimalActionSet` lists the buttons that do something in this
game.

Here is a random player in *Seaquest*. You are the yellow submarine, shoot at the green fish and save the blue divers.
"""
# %%
def play(ale, frames, seed=0):
    """Press random buttons, each for four frames; return the screens, one a frame."""
    rng = np.random.default_rng(seed)
    actions, screens = ale.getMinimalActionSet(), []
    for t in range(frames):
        if t % 4 == 0:
            action = actions[rng.integers(len(actions))]
        ale.act(action)
        screens.append(ale.getScreenRGB())
    return screens


seaquest = play(environments.make_emulator("seaquest"), frames=377, seed=7)
widgets.side_by_side({"Seaquest, frame 377": seaquest[-1]}, height=3.6)
# %%
screen = seaquest[-1]
print("shape:", screen.shape, " dtype:", screen.dtype)
print("one pixel, (red, green, blue):", screen[60, 80])
print("different colours on this screen:", len(np.unique(screen.reshape(-1, 3), axis=0)))
# %% [markdown]
r"""
210 rows, 160 columns, and three numbers from 0 to 255 for each pixel. `uint8` is the type for just these numbers: one
byte each. It has a trap that will come up again: after 255 it starts at 0.
"""
# %%
white = np.array([250], np.uint8)
print("250 + 10 in uint8:", white + np.uint8(10))
# %% [markdown]
r"""
Now multiply it out. How much is that in a second?
"""
# %%
pixels = 210 * 160
as_rgb = pixels * 3 * 60  # bytes a second
print(f"{pixels:,} pixels, {as_rgb:,} bytes a second")
# %% [markdown]
r"""
Six million bytes a second. A network could take them, but it would need far more work for every decision, and most of
it would be wasted. So the paper puts a function $\phi$ (phi) between the screen and the network:

![From two raw screens over their maximum and the luminance to 84 x 84 pixels and a stack of four](images/pipeline.png)

Let us take it step by step.

## A sky without asteroids

In *Asteroids* you fly a small ship among rocks. Our agent will decide every fourth frame, as the paper says: after
frame 4, 8, 12, and so on. **Predict:** do these frames show it all that it must know?

Four frames, one after the other, 1/60 of a second apart:
"""
# %%
asteroids = play(environments.make_emulator("asteroids"), frames=400)  # [0] is frame 1
widgets.side_by_side({f"frame {t}": asteroids[t - 1] for t in (301, 302, 303, 304)})
# %% [markdown]
r"""
The rocks are there in every second frame only, and the ship in the others. The machine of 1977 can draw just a few
movable things, called **sprites**, at a time. A game that needs more draws some of them now and the others in the next
frame. On a television of that time you see a slight flicker, and your eye fills in the rest.

Our agent has no such eye, and 304 is one of the frames after which it decides. The next cell counts how many pixels
are not black, in every one of these frames and in those before them.
"""
# %%
def bright_pixels(screens):
    """How many pixels below the score are not black, for each screen."""
    return np.array([np.any(screen[25:] > 0, axis=-1).sum() for screen in screens])


every_fourth = bright_pixels(asteroids[3::4])  # frames 4, 8, 12, ...
frame_before = bright_pixels(asteroids[2::4])  # frames 3, 7, 11, ...
print(f"after frames 4, 8, 12, ...: {every_fourth.mean():5.0f} bright pixels on average")
print(f"after frames 3, 7, 11, ...: {frame_before.mean():5.0f}")
# %% [markdown]
r"""
It would play in an empty sky, and be hit by things that it has never seen.

The cure of the paper: for each pixel and each colour take the **maximum** of this frame and the one before. Dark is 0
and bright is up to 255, so whatever shines in one of the two shines in the result.

$$ \text{max}_{y,x,c} = \max(\text{frame}_{y,x,c},\ \text{previous}_{y,x,c}) $$

Here $y$ is the row, $x$ the column and $c$ the colour.

## Exercise 8.1: the maximum of two frames (2 points, 3 minutes)

One pixel by hand: (200, 10, 0) and (100, 20, 0) give (200, 20, 0).
"""
# %% exercise="max_of_two_frames"
def max_of_two_frames(frame, previous):
    """For each pixel and each colour the larger of the two values.

    frame, previous: uint8 arrays (h, w, 3); a screen of the Atari is (210, 160, 3). They must
    not be changed. Returns an array of the same shape.

    >>> max_of_two_frames(np.array([[[200, 10, 0]]]), np.array([[[100, 20, 0]]])).tolist()
    [[[200, 20, 0]]]
    """
    ### BEGIN SOLUTION
    return np.maximum(frame, previous)
    ### END SOLUTION
# %% check="max_of_two_frames" points=2
checks.max_of_two_frames(max_of_two_frames)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

NumPy has two functions with similar names. `np.max(a)` looks for the largest number *in* one array. `np.maximum(a,
b)` compares two arrays, number by number. You want the second.
</details>

**What you should see:** *2 of 2 points*, and below a sky with everything in it: the rocks and the ship.
"""
# %%
mended = max_of_two_frames(asteroids[303], asteroids[302])
views = {"frame 303": asteroids[302], "frame 304": asteroids[303], "the maximum of both": mended}
widgets.side_by_side(views)
# %% [markdown]
r"""
Does the maximum mend everything? In *Ms. Pacman* four ghosts hunt you. Here is the middle of four frames, and what the
maximum makes of the last two.
"""
# %%
pacman = play(environments.make_emulator("ms_pacman"), frames=304)
views = {f"frame {t}": pacman[t - 1] for t in (301, 302, 303, 304)}
views["maximum of the last two"] = max_of_two_frames(pacman[303], pacman[302])
middle = np.s_[40:120, 30:130]  # rows and columns around the ghosts' house
widgets.side_by_side({title: view[middle] for title, view in views.items()}, height=1.7)
# %% [markdown]
r"""
Each of these frames shows one ghost, and they take turns: red, pink, green, orange. So the maximum of two frames holds
two of the four, and one picture of the paper's agent shows no more than that. In this game it came 13 % of the way from
a random player to a human. Whether this is the reason, the paper does not say.

## Luminance: the part of a colour that we keep

A colour takes three numbers. Television engineers write the same three in another way: as **luminance** $Y$, which
says how bright, and two numbers that say which hue. Old black-and-white sets showed $Y$ and ignored the rest:

$$ Y = 0.299\,R + 0.587\,G + 0.114\,B $$

Green counts most, because the eye is most sensitive to it. Blue hardly counts. The three weights add up to 1, so white
stays 255.

<details><summary>Why is the luminance <i>extracted</i>? I thought it is removed.</summary>

To extract something is to take it out *in order to keep it*, like juice out of an orange. The paper says "we extract
the Y channel, also known as luminance, from the RGB frame". $Y$ is what goes on to the network. What is left behind is
the hue. If the luminance were removed, only hue would remain: a ball that is white on black would be gone.
</details>

## Exercise 8.2: luminance (3 points, 6 minutes)

Round to the nearest whole number and return `uint8` again, one byte a pixel. By hand: pure red, (255, 0, 0), gives
$0.299 \cdot 255 = 76.245$, so 76. Pure green gives 149.685, so 150.
"""
# %% exercise="luminance"
def luminance(frame):
    """Y = 0.299 R + 0.587 G + 0.114 B for every pixel, rounded to the nearest whole number.

    frame: uint8 array (h, w, 3), the last axis is red, green, blue. It must not be changed.
    Returns a uint8 array (h, w).

    >>> luminance(np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)).tolist()
    [[76, 150]]
    """
    ### BEGIN SOLUTION
    weights = np.array([0.299, 0.587, 0.114])
    return np.rint(frame @ weights).astype(np.uint8)
    ### END SOLUTION
# %% check="luminance" points=3
checks.luminance(luminance)
# %% [markdown]
r"""
<details><summary>Hint 1: how do I get at the colours?</summary>

`frame[..., 0]` is the red of all pixels, an array (h, w). `frame[..., 1]` is green, `frame[..., 2]` blue. Times a
decimal number they become floats, and nothing can overflow.
</details>

<details><summary>Hint 2: rounding</summary>

`.astype(np.uint8)` cuts the decimals off: 76.9 becomes 76. Call `np.rint(...)` before it, which rounds.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
y = 0.299 * frame[..., 0] + ...
return np.rint(y).astype(np.uint8)
```
</details>

**What you should see:** *3 of 3 points*. Now the three colours of a screen, each as a grey picture, and what becomes
of them:
"""
# %%
views = {"colour": screen}
for number, name in enumerate(("red", "green", "blue")):
    views[name] = screen[..., number]
widgets.side_by_side(views | {"luminance": luminance(screen)})
# %% [markdown]
r"""
In *blue* the water is bright, the fish nearly vanish, and the yellow submarine is a shadow. In *luminance* blue counts
0.114 only: the water is dark, and the submarine and the fish stand out. The blue divers pay for it: they were brightest
in *blue* and are faint now.

One number instead of three must lose something. In *Pong* your paddle is green, (92, 186, 92). The other one is orange,
(213, 130, 74).
"""
# %%
paddles = np.array([[[92, 186, 92], [213, 130, 74]]], np.uint8)  # yours, and the other
print("luminance:", luminance(paddles))
# %% [markdown]
r"""
Nearly the same grey. The network has to tell them by their places.

## 84 by 84

33,600 pixels are still a lot. The paper shrinks the picture to 84 x 84, which is 7,056 pixels, about a fifth. Memory
and computing time shrink with it, and things can still be made out.

<details><summary>Why 84, and why a square?</summary>

The first version of the agent (2013) ran on a program for graphics cards that took square pictures only. It shrank the
screen to 110 x 84 and cut a square out of it, 84 x 84, roughly the playing field. In 2015 the whole screen was squeezed
into the square. 84 also fits the network of Lesson 9: its three layers of filters turn 84 into 20, 9 and 7 without
anything left over at the edge. Nothing holy is about the number.
</details>

How is a picture made smaller? A new pixel covers 210 / 84 = 2.5 old rows and 160 / 84 = 1.9 old columns. Its value
should be the **mean of that area**; old pixels at its edge count in part. OpenCV, here
`cv2`, does it if you ask for `cv2.INTER_AREA`. If you don't, it looks at four old pixels only and skips the others.

## Exercise 8.3: a smaller picture (2 points, 4 minutes)

`cv2.resize(picture, (columns, rows), interpolation=...)` makes a picture of any size. Mind the order: it wants the
width first, though a shape has the height first. For a square you are lucky.
"""
# %% exercise="resize_84"
def resize_84(grey):
    """The whole picture at 84 x 84; each new pixel is the mean of the area that it covers.

    grey: uint8 array (h, w), for the Atari (210, 160). It must not be changed. Returns a
    uint8 array (84, 84).

    >>> resize_84(np.full((210, 160), 7, np.uint8)).shape
    (84, 84)
    """
    ### BEGIN SOLUTION
    return cv2.resize(grey, (84, 84), interpolation=cv2.INTER_AREA)
    ### END SOLUTION
# %% check="resize_84" points=2
checks.resize_84(resize_84)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

The size is `(84, 84)`. Write `interpolation=cv2.INTER_AREA` by its name.
</details>

**What you should see:** *2 of 2 points*.

Does the way of shrinking matter? In *Space Invaders* a shot is one pixel wide. Here are two of them, in the lower half
of the screen. One happens to lie between the pixels that *nearest* picks.
"""
# %%
invaders = play(environments.make_emulator("space_invaders"), frames=400)
grey = luminance(max_of_two_frames(invaders[207], invaders[206]))
nearest = cv2.resize(grey, (84, 84), interpolation=cv2.INTER_NEAREST)
views = {"before": grey[105:210], "nearest": nearest[42:], "area": resize_84(grey)[42:]}
widgets.side_by_side(views, height=2.2)
# %% [markdown]
r"""
With *area* a thin shot becomes paler, but it is always there.

## Four pictures make a state

Remember Lesson 5: is one picture of *Pong* a state? No. It shows where the ball is, and not where it goes. So the
agent gets the last $m = 4$ pictures at once, as an array (4, 84, 84).

At the beginning of an episode there are no four pictures yet. What is missing is black: zeros, in front.

## Exercise 8.4: the stack (3 points, 6 minutes)

The `frames` in this function are the small pictures, one a decision, so four frames of the emulator apart. Oldest
first, newest last, all in one array. With $m = 4$ and the frames $a, b$ the stack is $0, 0, a, b$. With $a, b, c, d, e$
it is $b, c, d, e$.
"""
# %% exercise="stack_frames"
def stack_frames(frames, m=4):
    """The last m frames, oldest first, with frames of zeros in front where there are too few.

    frames: list of at least one uint8 array (h, w), all frames of the episode so far, oldest
    first. It must not be changed. m: how many to stack. Returns one array (m, h, w), of the
    same type as the frames.

    >>> stack_frames([np.array([[7]])], m=3).tolist()
    [[[0]], [[0]], [[7]]]
    """
    ### BEGIN SOLUTION
    last = frames[-m:]
    zeros = [np.zeros_like(last[0]) for _ in range(m - len(last))]
    return np.stack(zeros + last)
    ### END SOLUTION
# %% check="stack_frames" points=3
checks.stack_frames(stack_frames)
# %% [markdown]
r"""
<details><summary>Hint 1: the last m of a list</summary>

`frames[-m:]`. If there are fewer than m, it gives all of them, without an error.
</details>

<details><summary>Hint 2: a black frame</summary>

`np.zeros_like(frames[0])` has the shape of a frame and is 0 everywhere. You need `m - len(last)` of them. Lists can be
joined with `+`.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
last = frames[-m:]
zeros = [np.zeros_like(last[0])] * ...
return np.stack(zeros + last)
```
</details>

**What you should see:** *3 of 3 points*. Below are four pictures of *Pong* as the network gets them, and in the last
panel the newest minus the oldest: red is what has come, blue is what has gone.
"""
# %%
pong = play(environments.make_emulator("pong"), frames=232)
small = [
    resize_84(luminance(max_of_two_frames(pong[t], pong[t - 1])))
    for t in range(3, 232, 4)  # after every fourth frame
]
stack = stack_frames(small)
print("shape:", stack.shape, " dtype:", stack.dtype)
widgets.stack_and_change(stack)
# %% [markdown]
r"""
The ball has moved down and to the right, so its direction and its speed can be read off. The order matters: the network
has separate weights for each of the four places, so the newest frame must always stand in the same one.

## Decide less often: k = 4

A person does not choose anew 60 times a second. Neither does the agent: it decides after every fourth frame, and the
action is repeated in between. The number $k = 4$ is the **action repeat**. One such round is an **agent step**, so
there are $60 / k = 15$ in a second.

![A row of frames; after every fourth the agent decides; the last two before a decision are joined by the maximum](images/timeline.svg)

What does it save? One frame of the emulator takes about 0.1 milliseconds on an ordinary CPU, and asking the network
of Lesson 9 about 1 millisecond.
"""
# %%
ale = environments.make_emulator("pong")
start, n = time.perf_counter(), budget(2000, quick=200)
for _ in range(n):
    ale.act(ale.getMinimalActionSet()[0])
frame_ms = 1000 * (time.perf_counter() - start) / n
print(f"one frame takes {frame_ms:.2f} ms here")
for k in (1, 2, 4, 8):
    step_ms = k * frame_ms + 1.0  # and 1 ms for the network
    print(f"k = {k}: {step_ms:.2f} ms an agent step, {1000 * k / step_ms:5.0f} frames a second")
# %% [markdown]
r"""
With 0.1 ms a frame, $k = 4$ gives about three times as many frames a second. If your machine is slow or busy, you gain
less: compare your rows for $k = 1$ and $k = 4$. And the agent looks further ahead. The discount $\gamma = 0.99$ is per
agent step: about 100 steps count, and that is now 400 frames, nearly seven seconds.

With a large $k$ it becomes clumsy, and it may miss what blinks. In 2013 the authors took $k = 3$ for *Space Invaders*
alone, because with 4 they never saw the shots. The maximum of two frames made that exception unnecessary.

## Exercise 8.5: hold the action (4 points, 10 minutes)

Play up to $k$ frames with the same action. Add up their rewards. Keep the last two frames, for the maximum. And stop at
once when the game is over.

For example, with rewards 0, 1, 10, 5 and $k = 4$ the reward is 16. If the game is over after the second frame, it is 1,
and the two frames are the second and the first.
"""
# %% exercise="repeat_action"
def repeat_action(ale, action, k):
    """Hold ``action`` for k frames, fewer if the game is over.

    ale: the emulator. ``ale.act(action)`` plays one frame and returns its reward, a number;
    ``ale.getScreenRGB()`` returns the screen as it is now, a new array (h, w, 3);
    ``ale.game_over()`` says whether the game is over. Call nothing else.
    k: emulator frames, at least 1.

    Returns four things, (reward, frame, previous, game_over): the sum of the rewards, the
    last screen, the screen one frame before it, and True or False. After a single frame,
    ``previous`` is the screen from before the action.
    """
    ### BEGIN SOLUTION
    reward = 0.0
    frame = ale.getScreenRGB()
    for _ in range(k):
        reward += ale.act(action)
        frame, previous = ale.getScreenRGB(), frame
        if ale.game_over():
            break
    return reward, frame, previous, ale.game_over()
    ### END SOLUTION
# %% check="repeat_action" points=4
checks.repeat_action(repeat_action)
# %% [markdown]
r"""
<details><summary>Hint 1: the frame before the last</summary>

Take the screen once before the loop: `frame = ale.getScreenRGB()`. In each round keep it, `previous = frame`, and then
take the new one. After the loop you have both.
</details>

<details><summary>Hint 2: the order inside the loop</summary>

First `reward += ale.act(action)`. Then the two frames. Last, `if ale.game_over(): break`. Ask last: if you leave
the loop earlier, the last screen is lost.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
reward, frame = 0.0, ale.getScreenRGB()
for _ in range(k):
    reward += ...
    previous = frame
    frame = ...
    if ...:
        break
return reward, frame, previous, ale.game_over()
```
</details>

**What you should see:** *4 of 4 points*.

## Rewards between -1 and 1

*Pong* pays 1 for a point, *Q\*Bert* 25 for a field, *Space Invaders* 5 to 30 for a ship and
200 for the one that flies past above. Large rewards make large
errors, and large errors make large steps in learning. One learning rate cannot suit all games. So the paper **clips**
rewards to $[-1, 1]$ while the agent learns. Scores are always counted in full.

## Exercise 8.6: clip the reward (1 point, 2 minutes)

What is larger than 1 becomes 1, what is smaller than -1 becomes -1, and what lies between stays.
"""
# %% exercise="clip_reward"
def clip_reward(reward):
    """The reward, cut off at -1 and 1.

    reward: a number, the sum over the frames of one agent step. Returns a number.

    >>> [float(clip_reward(r)) for r in (200, -7, 0, 0.5)]
    [1.0, -1.0, 0.0, 0.5]
    """
    ### BEGIN SOLUTION
    return float(np.clip(reward, -1, 1))
    ### END SOLUTION
# %% check="clip_reward" points=1
checks.clip_reward(clip_reward)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

`np.clip(x, low, high)` does it, or `max(-1, min(1, x))`.
</details>

**What you should see:** *1 of 1 point*.

When does clipping hurt? Here a random player goes through 1,000 agent steps of five games. You see which rewards
occurred, and how often.
"""
# %%
def rewards_of(game, steps, k=4):
    """The rewards of a random player, one an agent step, not clipped."""
    ale, rng = environments.make_emulator(game), np.random.default_rng(0)
    actions, rewards = ale.getMinimalActionSet(), []
    for _ in range(steps):
        action = actions[rng.integers(len(actions))]
        rewards.append(sum(ale.act(action) for _ in range(k)))
        if ale.game_over():
            ale.reset_game()
    return rewards


for game in ("pong", "breakout", "ms_pacman", "space_invaders", "qbert"):
    paid = [r for r in rewards_of(game, steps=budget(1000, quick=50)) if r != 0]
    sizes, counts = np.unique(paid, return_counts=True)
    print(f"{game:15}", ", ".join(f"{size:g} ({count}x)" for size, count in zip(sizes, counts)))
# %% [markdown]
r"""
In *Pong* nothing changes. In *Space Invaders* the upper rows of ships are worth more, and the agent cannot know: all
of them pay 1. In *Ms. Pacman* a dot pays 10, and four ghosts eaten in a row pay 200, 400, 800 and 1600. Clipped, the
largest prize is worth one dot. An agent that learns from clipped rewards maximises *how often* it is rewarded.

<details><summary>Does the lander's score get clipped too?</summary>

No. There is only one game, with one set of constants, and its rewards are of a handy size. Clipping would do harm: -100
for a crash would become -1, as much as a single clumsy step.
</details>

<details><summary>Why clip after adding up, and not before?</summary>

One decision, one reward. If four frames bring 1 each, the sum is 4, clipped to 1. Clipped first and added up later, it
would be 4, and the limit would mean nothing.
</details>

## Lives

*Breakout* gives you five balls. Losing one costs no points: the reward is 0. How should the agent learn that it was
bad? The paper tells it that the **episode is over**. After an end no value follows, so a lost life is worth 0. In
a game without negative rewards, everything that avoids it is worth more.

But only the *learning* episode ends. The game itself goes on with the next ball. It would be a mistake to restart it:
the agent would never see what comes after the first ball. And in a test, where scores are counted, a lost life ends
nothing.

## Exercise 8.7: does the episode end here? (2 points, 4 minutes)

It does when a life was lost, or when the game is over. A few games make it less simple than it sounds:

- in some, a life can be won: the number rises;
- *Demon Attack* says 1 at first and then counts up to 4;
- *Pong* has no lives: the number is always 0.
"""
# %% exercise="lives_to_terminal"
def lives_to_terminal(lives_before, lives_after, game_over):
    """True where the learning episode ends: a life was lost, or the game is over.

    lives_before, lives_after: whole numbers, before and after an agent step. game_over: True
    or False. Returns True or False.

    >>> lives_to_terminal(5, 4, False), lives_to_terminal(0, 0, False)
    (True, False)
    """
    ### BEGIN SOLUTION
    return game_over or lives_after < lives_before
    ### END SOLUTION
# %% check="lives_to_terminal" points=2
checks.lives_to_terminal(lives_to_terminal)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

Fewer lives than before is `lives_after < lives_before`. Join it with `game_over` by `or`.
</details>

**What you should see:** *2 of 2 points*. And here a whole game of *Breakout*, which is five learning episodes:
"""
# %%
ale = environments.make_emulator("breakout")
rng, actions = np.random.default_rng(1), ale.getMinimalActionSet()
score, step, game_over = 0.0, 0, False
while not game_over:
    lives = ale.lives()
    action = actions[rng.integers(len(actions))]
    reward, _, _, game_over = repeat_action(ale, action, k=4)
    score, step = score + reward, step + 1
    if lives_to_terminal(lives, ale.lives(), game_over):
        print(f"agent step {step:3}: lives {lives} -> {ale.lives()}, reward {reward:g}")
print("score:", score)
# %% [markdown]
r"""
## All of it together

Now $\phi$ is complete: here it is in one line. The course has a pipeline of its own, `environments.make_atari`. Both
start the same game.
"""
# %%
def phi(frame, previous):
    """From two screens (210, 160, 3) to one picture (84, 84), with your functions."""
    return resize_84(luminance(max_of_two_frames(frame, previous)))


env = environments.make_atari("space_invaders", noop_max=0)
theirs, info = env.reset(seed=0)

ale = environments.make_emulator("space_invaders", seed=0)
ale.reset_game()
frames = [phi(ale.getScreenRGB(), ale.getScreenRGB())]  # there is no frame before the first
# %% [markdown]
r"""
Now both play the same random actions, until a life is lost. Do they see the same?
"""
# %%
largest, rng = 0, np.random.default_rng(2)
for _ in range(budget(400, quick=30)):
    action, lives = int(rng.integers(env.action_space.n)), ale.lives()
    theirs, reward, terminated, _, info = env.step(action)
    button = ale.getMinimalActionSet()[action]
    raw, frame, previous, game_over = repeat_action(ale, button, k=4)
    frames.append(phi(frame, previous))
    mine = stack_frames(frames)
    largest = max(largest, int(np.abs(mine.astype(int) - theirs).max()))
    assert clip_reward(raw) == reward, f"agent step {len(frames) - 1}: the rewards differ"
    ends = lives_to_terminal(lives, ale.lives(), game_over)
    assert ends == terminated, f"agent step {len(frames) - 1}: only one of the two episodes ends"
    if terminated:
        break
print(f"{len(frames) - 1} agent steps; largest difference of a pixel: {largest} of 255")
# %% [markdown]
r"""
0 is perfect; 1 or 2 would come from rounding in another way, and would not matter. Rewards and ends agree, or the cell
would have stopped with a message.

Two small things are left that the course's pipeline does for you. When a game starts, it waits for 1 to 30 frames
without doing anything, so that not every game begins alike. And after a lost life it begins the stack anew, with zeros,
so that no picture from before the end is seen after it.

### Look at every stage

Choose a game and a moment, or press play. Your four functions are at work here. Look for: a sprite that only the
maximum saves; something that vanishes in grey; something that is lost at 84 x 84.
"""
# %%
widgets.stages(max_of_two_frames, luminance, resize_84, stack_frames)
# %% [markdown]
r"""
## A million memories

The agent learns from a **replay memory** of a million transitions. A transition holds a state and the next state, and
each is a stack of four pictures. Will that fit?

![A transition holds two stacks; three of four pictures are the same in both](images/memory.svg)

Stored one by one, a transition is two whole stacks: $2 \cdot 4$ pictures. But neighbours share nearly everything. From
one transition to the following one a single picture is new. If each picture is stored **once**, and the stacks are put
together when they are needed, a transition takes one picture.

## Exercise 8.8: how many bytes? (2 points, 5 minutes)

Count the pictures of the screen only. By hand: 10 transitions with stacks of 4, pictures of 2 x 2, one byte a pixel,
stored one by one: $10 \cdot 2 \cdot 4 \cdot 2 \cdot 2 = 320$ bytes. With every picture once: $10 \cdot 2 \cdot 2 = 40$.
"""
# %% exercise="replay_bytes"
def replay_bytes(transitions, history=4, bytes_per_pixel=1, each_frame_once=False, side=84):
    """Bytes that the pictures of a replay memory take.

    transitions: how many are remembered. history: pictures in a stack. bytes_per_pixel: 1
    for uint8, 4 for float32. each_frame_once: False: a transition holds two stacks, state and
    next state. True: a transition adds one picture. side: rows and columns of a picture.

    >>> replay_bytes(10, side=2), replay_bytes(10, side=2, each_frame_once=True)
    (320, 40)
    """
    ### BEGIN SOLUTION
    frames = 1 if each_frame_once else 2 * history
    return transitions * frames * side * side * bytes_per_pixel
    ### END SOLUTION
# %% check="replay_bytes" points=2
checks.replay_bytes(replay_bytes)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

Bytes = transitions x pictures in one x pixels in a picture x bytes in a pixel. The pictures in one transition are `1
if each_frame_once else 2 * history`.
</details>

**What you should see:** *2 of 2 points*.
"""
# %%
million = 1_000_000
print(f"float32, stack by stack: {replay_bytes(million, bytes_per_pixel=4) / 1e9:6.1f} GB")
print(f"uint8, stack by stack:   {replay_bytes(million) / 1e9:6.1f} GB")
print(f"uint8, each stored once: {replay_bytes(million, each_frame_once=True) / 1e9:6.2f} GB")
print(f"raw screens, every one once: {million * 210 * 160 * 3 / 1e9:.0f} GB")
# %% [markdown]
r"""
225.8 / 7.06 = 32: four times less by `uint8`, eight times less by storing no picture twice. Neither costs anything.
Only the batch that goes into the network becomes floats.

## Summary

- A screen is 210 x 160 pixels with three colours, 60 times a second: six million bytes.
- Sprites flicker. The maximum over two frames, for each colour, brings them back, before anything turns grey.
- Luminance is extracted: $Y = 0.299\,R + 0.587\,G + 0.114\,B$ is what we keep. Hue is lost.
- 84 x 84 by area means. Four pictures, oldest first, show velocity. Missing ones are zeros.
- An action is held for four frames. Rewards are added up, then clipped, for learning only.
- A lost life ends the learning episode, and the game goes on.
- A million transitions take 7.06 GB if every picture is stored once.

**To think about**

1. The four ghosts of *Ms. Pacman* take turns. How would you mend $\phi$? What would it cost?
2. In which game would an agent need colour? Would it notice that something is missing?
3. Why is it harmless that $\phi$ squeezes the picture, so that circles become ellipses?
4. A lost life ends the episode, but no points are lost. Can you think of a game where that teaches something wrong?
5. The agent sees 4 pictures, 16 frames, about a quarter of a second. What in a game takes longer than that?

**Next:** Lesson 9 puts a network behind $\phi$ and trains it: the agent of the paper.
"""
