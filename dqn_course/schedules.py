"""How epsilon, the chance of a random action, falls during training."""


def exponential_epsilon(n, start, end, decay):
    r"""Epsilon after ``n`` multiplications: $\epsilon_n = \max(\epsilon_{end}, \epsilon_{start}\,\delta^n)$.

    ``n`` counts whatever ``decay`` is per: episodes in the lander, where 0.995 per episode takes 1.0 to 0.01
    in 919 episodes. On a plot it is a curve, not a line.
    """
    return max(end, start * decay**n)


def linear_epsilon(step, start, end, steps):
    """Epsilon on a straight line from ``start`` at step 0 to ``end`` at step ``steps``, and ``end`` after it.

    Source: Mnih et al. 2015, Methods (1.0 to 0.1 over the first million agent steps).
    """
    fraction = min(max(step / steps, 0.0), 1.0)
    return start + fraction * (end - start)
