"""More answers to the exercises of lesson 4, from a search for answers that its checks take for what they are not."""

from mutants import Right, Wrong, code

MORE = {
    "to_batch": (
        (
            Wrong(
                "reshape -1 1",
                "column",
                1,
                "return torch.tensor(state, dtype=torch.float32, device=device).reshape(-1, 1)",
            ),
            Wrong(
                "stack of two", "other_shape", 1, "return torch.stack([torch.from_numpy(state).float()] * 4).to(device)"
            ),
        ),
        (
            Right("expand", "return torch.as_tensor(state).to(device, torch.float32).expand(1, -1)"),
            Right("atleast_2d", 'return torch.from_numpy(np.atleast_2d(state).astype("float32")).to(device)'),
        ),
    ),
    "chosen_q": (
        (
            Wrong("actions plus one", "one_after", 0, "return q_values.gather(1, (actions + 1) % q_values.shape[1])"),
            Wrong("abs", "absolute wrong_gradient", 0, "return q_values.gather(1, actions).abs()"),
            Wrong("relu", "no_negative wrong_gradient", 0, "return torch.relu(q_values.gather(1, actions))"),
            Wrong("half", "coarse", 0, "return q_values.half().gather(1, actions)"),
        ),
        (
            Right(
                "where",
                code(
                    "A = q_values.shape[1]",
                    "m = torch.arange(A)[None] == actions",
                    "return torch.where(m, q_values, torch.zeros(())).sum(1, keepdim=True)",
                ),
            ),
            Right(
                "bmm",
                code(
                    "import torch.nn.functional as F",
                    "hot = F.one_hot(actions[:, 0], q_values.shape[1]).float()",
                    "return torch.bmm(q_values[:, None], hot[:, :, None])[:, 0]",
                ),
            ),
        ),
    ),
    "build_mlp": (
        (
            Wrong(
                "relu6",
                "other_activation",
                3,
                code(
                    "layers = []",
                    "for m, n in zip(sizes, sizes[1:]):",
                    "    layers += [nn.Linear(m, n), nn.ReLU6()]",
                    "return nn.Sequential(*layers[:-1])",
                ),
            ),
            Wrong(
                "hidden softmax",
                "other_activation",
                3,
                code(
                    "layers = []",
                    "for m, n in zip(sizes, sizes[1:]):",
                    "    layers += [nn.Linear(m, n), nn.Softmax(dim=1)]",
                    "return nn.Sequential(*layers[:-1])",
                ),
            ),
        ),
        (
            Right(
                "recursive",
                code(
                    "if len(sizes) == 2:",
                    "    return nn.Linear(*sizes)",
                    "return nn.Sequential(nn.Linear(sizes[0], sizes[1]), nn.ReLU(), build_mlp(sizes[1:]))",
                ),
            ),
            Right(
                "dict",
                code(
                    "from collections import OrderedDict",
                    "d = OrderedDict()",
                    "for i, (m, n) in enumerate(zip(sizes, sizes[1:])):",
                    '    d[f"l{i}"] = nn.Linear(m, n)',
                    '    d[f"r{i}"] = nn.ReLU()',
                    "d.popitem()",
                    "return nn.Sequential(d)",
                ),
            ),
        ),
    ),
    "greedy_action": (
        (
            Wrong(
                "random",
                "chance",
                0,
                code(
                    "network.eval()",
                    "with torch.no_grad():",
                    "    q = network(torch.from_numpy(state).float().unsqueeze(0))",
                    "network.train()",
                    "return int(torch.randint(q.shape[1], (1,)))",
                ),
            ),
            Wrong(
                "multinomial",
                "chance",
                0,
                code(
                    "network.eval()",
                    "with torch.no_grad():",
                    "    q = network(torch.from_numpy(state).float().unsqueeze(0))",
                    "network.train()",
                    "return torch.multinomial(torch.softmax(q, 1), 1).item()",
                ),
            ),
            Wrong(
                "second best",
                "second_best",
                0,
                code(
                    "network.eval()",
                    "with torch.no_grad():",
                    "    q = network(torch.from_numpy(state).float().unsqueeze(0))",
                    "network.train()",
                    "return q.argsort(1)[0, -2].item()",
                ),
            ),
            Wrong(
                "plus one",
                "one_after",
                0,
                code(
                    "network.eval()",
                    "with torch.no_grad():",
                    "    q = network(torch.from_numpy(state).float().unsqueeze(0))",
                    "network.train()",
                    "return q.argmax().item() + 1",
                ),
            ),
        ),
        (
            Right(
                "topk",
                code(
                    "network.eval()",
                    "with torch.no_grad():",
                    "    q = network(torch.from_numpy(state).float().unsqueeze(0))",
                    "network.train()",
                    "return q.topk(1).indices.item()",
                ),
            ),
            Right(
                "tolist",
                code(
                    "network.eval()",
                    "with torch.set_grad_enabled(False):",
                    "    q = network(torch.from_numpy(state).float().unsqueeze(0)).tolist()[0]",
                    "network.train()",
                    "return q.index(max(q))",
                ),
            ),
        ),
    ),
    "train_step": (
        (
            Wrong(
                "accuracy",
                "wrong_loss",
                3,
                code(
                    "optimizer.zero_grad()",
                    "out = network(x)",
                    "loss = loss_function(out, y)",
                    "loss.backward()",
                    "optimizer.step()",
                    "return (out.argmax() == 0).float().item()",
                ),
            ),
            Wrong(
                "loss not called",
                "error",
                0,
                code(
                    "optimizer.zero_grad()",
                    "prediction = network(x)",
                    "loss = loss_function",
                    "loss.backward()",
                    "optimizer.step()",
                    "return loss.item()",
                ),
            ),
        ),
        (
            Right(
                "autograd.grad",
                code(
                    "optimizer.zero_grad()",
                    "loss = loss_function(network(x), y)",
                    "ps = list(network.parameters())",
                    "for p, g in zip(ps, torch.autograd.grad(loss, ps)):",
                    "    p.grad = g",
                    "optimizer.step()",
                    "return loss.item()",
                ),
            ),
            Right(
                "set_to_none",
                code(
                    "optimizer.zero_grad(set_to_none=False)",
                    "loss = loss_function(network.forward(x), y)",
                    "loss.backward()",
                    "optimizer.step()",
                    "return loss.detach().cpu().numpy().item()",
                ),
            ),
        ),
    ),
}
"""{exercise: (wrong answers, right answers)}."""
