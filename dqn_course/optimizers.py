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


class NatureRMSprop(torch.optim.Optimizer):
    r"""RMSProp as in DeepMind's released DQN code: centred, with the small constant inside of the root.

    For each weight, with the gradient d, the moving means m of d and n of d^2 (both 0 at first):

        m <- momentum * m + (1 - momentum) * d
        n <- decay * n + (1 - decay) * d^2
        w <- w - lr * d / sqrt(n - m^2 + eps)

    "Gradient momentum" in the paper's table is the first line; it only centres the root, the step itself has no
    momentum. torch.optim.RMSprop adds its eps outside of the root. eps belongs to the *sum* of the clipped errors of
    a batch of 32; with their mean it would be 0.01 / 32^2.
    Source: Mnih et al. 2015, Extended Data Table 1, and the released code (NeuralQLearner.lua).

    Parameters
    ----------
    params: the parameters to change.
    lr, momentum, decay, eps: the paper's learning rate, gradient momentum, squared gradient momentum and min squared
        gradient.
    """

    def __init__(self, params, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
        if lr <= 0 or eps <= 0:
            raise ValueError(f"lr and eps must be positive, not {lr} and {eps}")
        if not (0 <= momentum < 1 and 0 <= decay < 1):
            raise ValueError(f"momentum and decay must be from 0 to below 1, not {momentum} and {decay}")
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        """One step for every parameter that has a gradient; returns the loss of ``closure`` if one is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not parameters:
                continue
            for parameter in parameters:
                if not self.state[parameter]:
                    self.state[parameter]["m"] = torch.zeros_like(parameter)
                    self.state[parameter]["n"] = torch.zeros_like(parameter)
            d = [parameter.grad for parameter in parameters]
            m = [self.state[parameter]["m"] for parameter in parameters]
            n = [self.state[parameter]["n"] for parameter in parameters]

            torch._foreach_lerp_(m, d, 1 - group["momentum"])
            torch._foreach_mul_(n, group["decay"])
            torch._foreach_addcmul_(n, d, d, value=1 - group["decay"])
            root = torch._foreach_addcmul(n, m, m, value=-1)  # n - m^2, the variance; rounding can take it below 0 ...
            torch._foreach_clamp_min_(root, 0.0)  # ... but not further than eps can bear
            torch._foreach_add_(root, group["eps"])
            torch._foreach_sqrt_(root)
            torch._foreach_addcdiv_(parameters, d, root, value=-group["lr"])
        return loss


class ArrayRMSprop(torch.optim.Optimizer):
    """An optimiser whose rule is a NumPy function of one parameter: (w, m, n, d) -> the new (w, m, n).

    For a rule written by hand: make a subclass with ``rule = staticmethod(the_function)``. w are the weights, d their
    gradient, m and n two arrays of the same shape that the rule keeps, both 0 at first. On the CPU the arrays share
    memory with the tensors, so nothing is copied on the way in.

    Parameters
    ----------
    params: the parameters to change.
    lr, momentum, decay, eps: handed to ``rule`` by name.
    """

    def __init__(self, params, **settings):
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self, closure=None):
        """One step for every parameter that has a gradient."""
        for group in self.param_groups:
            settings = {name: value for name, value in group.items() if name != "params"}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["m"] = torch.zeros_like(parameter)
                    state["n"] = torch.zeros_like(parameter)
                tensors = (parameter, state["m"], state["n"])
                arrays = [tensor.detach().cpu().numpy() for tensor in (*tensors, parameter.grad)]
                for tensor, new in zip(tensors, self.rule(*arrays, **settings)):
                    tensor.copy_(torch.as_tensor(new))
