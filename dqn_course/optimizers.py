"""Steps that change the weights, given the gradients."""

import numpy as np
import torch


@torch.no_grad()
def adam_step(optimizer):
    """``optimizer.step()`` of a ``torch.optim.Adam(..., fused=True)`` with one group of parameters, number for number.

    It calls the same fused kernel without the bookkeeping around it (hooks, profiling, grouping by device), which for
    a network of 5,000 parameters takes several times as long as the arithmetic.
    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", Algorithm 1.
    """
    if not optimizer.state:
        optimizer.step()  # the first step makes the moving averages
        return
    group = optimizer.param_groups[0]
    parameters = group["params"]
    states = [optimizer.state[parameter] for parameter in parameters]
    counts = [state["step"] for state in states]
    torch._foreach_add_(counts, 1)
    torch._fused_adam_(
        parameters, [parameter.grad for parameter in parameters], [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states], [], counts, lr=group["lr"], beta1=group["betas"][0],
        beta2=group["betas"][1], weight_decay=0.0, eps=group["eps"], amsgrad=False, maximize=False,
    )  # fmt: skip


def sgd_step(w, gradient, lr):
    """One step downhill: w - lr * gradient. Arrays of one shape; returns a new one.

    Source: Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors".
    """
    return w - lr * gradient


def momentum_step(w, velocity, gradient, lr, beta):
    """One step with momentum: v <- beta * v + gradient, then w <- w - lr * v. Returns the new (w, velocity).

    All arrays of one shape; velocity starts at 0. This is the form of ``torch.optim.SGD``; others put lr into v.
    Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods".
    """
    velocity = beta * velocity + gradient
    return w - lr * velocity, velocity


def rprop_step(w, step, gradient, previous_gradient):
    """One step by the gradient's signs alone. Returns the new (w, step), arrays of the shape of w.

    Each weight has a step of its own: times 1.2 where its gradient and the previous one have the same sign, times 0.5
    where they differ, unchanged where either is 0, and always from 1e-6 to 50. Then w <- w - step * sign(gradient).
    After a change of sign published variants also take the last step back, or stay put once; this one does neither.
    Source: Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm".
    """
    agreement = np.sign(gradient) * np.sign(previous_gradient)  # 1, 0 or -1
    factor = np.where(agreement > 0, 1.2, np.where(agreement < 0, 0.5, 1.0))
    step = np.clip(factor * step, 1e-6, 50.0)
    return w - step * np.sign(gradient), step


def rmsprop_step(w, mean_square, gradient, lr, decay=0.9, eps=1e-8):
    """One step of RMSProp: the gradient divided by the root of the moving mean of its squares.

    MS <- decay * MS + (1 - decay) * gradient^2, then w <- w - lr * gradient / (sqrt(MS) + eps). Returns the new
    (w, mean_square), arrays of the shape of w; mean_square starts at 0. eps keeps a gradient of 0 from giving 0 / 0.
    Source: Tieleman and Hinton 2012, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning.
    """
    mean_square = decay * mean_square + (1 - decay) * gradient**2
    return w - lr * gradient / (np.sqrt(mean_square) + eps), mean_square
