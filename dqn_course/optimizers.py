"""Steps that change the weights, given the gradients."""

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
