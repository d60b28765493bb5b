"""Answers to exercise 6.1, ``QNetwork`` in model.py: the solutions of ``__init__`` and of ``forward``."""

from mutants import Right, Wrong, code

LAYERS = code(
    "self.fc1 = nn.Linear(state_size, fc1_units)",
    "self.fc2 = nn.Linear(fc1_units, fc2_units)",
    "self.fc3 = nn.Linear(fc2_units, action_size)",
)
HIDDEN = code("x = F.relu(self.fc1(state))", "x = F.relu(self.fc2(x))")
RELU = code(HIDDEN, "return self.fc3(x)")

WRONG = (
    Wrong("softmax at the end", "softmax_output", 3, (LAYERS, code(HIDDEN, "return F.softmax(self.fc3(x), dim=1)"))),
    Wrong(
        "softmax over the batch",
        "rows_mixed softmax_batch",
        2.5,
        (LAYERS, code(HIDDEN, "return F.softmax(self.fc3(x), dim=0)")),
    ),
    Wrong(
        "log_softmax at the end",
        "log_softmax_output",
        3,
        (LAYERS, code(HIDDEN, "return F.log_softmax(self.fc3(x), dim=1)")),
    ),
    Wrong("sigmoid at the end", "sigmoid_output", 3, (LAYERS, code(HIDDEN, "return torch.sigmoid(self.fc3(x))"))),
    Wrong("tanh at the end", "tanh_output", 3, (LAYERS, code(HIDDEN, "return torch.tanh(self.fc3(x))"))),
    Wrong("ReLU at the end", "relu_output", 3, (LAYERS, code(HIDDEN, "return F.relu(self.fc3(x))"))),
    Wrong("softplus at the end", "positive_output", 3, (LAYERS, code(HIDDEN, "return F.softplus(self.fc3(x))"))),
    Wrong("ELU at the end", "nonlinear_output", 3, (LAYERS, code(HIDDEN, "return F.elu(self.fc3(x))"))),
    Wrong("leaky ReLU at the end", "nonlinear_output", 3, (LAYERS, code(HIDDEN, "return F.leaky_relu(self.fc3(x))"))),
    Wrong(
        "Q-values squashed to ±10", "nonlinear_output", 3, (LAYERS, code(HIDDEN, "return 10 * torch.tanh(self.fc3(x))"))
    ),
    Wrong("argmax", "shape no_gradient", 0, (LAYERS, code(HIDDEN, "return self.fc3(x).argmax(dim=1)"))),
    Wrong("the largest value", "shape", 0, (LAYERS, code(HIDDEN, "return self.fc3(x).max(dim=1).values"))),
    Wrong("no activation", "no_activation", 3, (LAYERS, "return self.fc3(self.fc2(self.fc1(state)))")),
    Wrong(
        "no activation, softmax at the end",
        "softmax_output no_activation",
        0,
        (LAYERS, "return F.softmax(self.fc3(self.fc2(self.fc1(state))), dim=1)"),
    ),
    Wrong(
        "no activation but a ReLU at the end",
        "relu_output no_activation",
        0,
        (LAYERS, "return F.relu(self.fc3(self.fc2(self.fc1(state))))"),
    ),
    Wrong(
        "second activation forgotten",
        "no_activation_between",
        3,
        (LAYERS, code("x = F.relu(self.fc1(state))", "return self.fc3(self.fc2(x))")),
    ),
    Wrong(
        "first activation forgotten",
        "no_activation_between",
        3,
        (LAYERS, code("x = F.relu(self.fc2(self.fc1(state)))", "return self.fc3(x)")),
    ),
    Wrong(
        "one hidden layer",
        "one_hidden_layer",
        3,
        (
            code("self.fc1 = nn.Linear(state_size, fc1_units)", "self.fc2 = nn.Linear(fc1_units, action_size)"),
            "return self.fc2(F.relu(self.fc1(state)))",
        ),
    ),
    Wrong(
        "sizes of the hidden layers mixed up",
        "sizes",
        3.5,
        (
            code(
                "self.fc1 = nn.Linear(state_size, fc1_units)",
                "self.fc2 = nn.Linear(fc2_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, action_size)",
            ),
            RELU,
        ),
    ),
    Wrong(
        "activation before the first layer",
        "no_hidden_layer",
        3,
        (LAYERS, "return self.fc3(self.fc2(self.fc1(F.relu(state))))"),
    ),
    Wrong(
        "one linear layer",
        "no_activation",
        3,
        ("self.fc1 = nn.Linear(state_size, action_size)", "return self.fc1(state)"),
    ),
    Wrong(
        "activation computed and dropped",
        "no_activation",
        3,
        (LAYERS, code("x = self.fc1(state)", "F.relu(x)", "x = self.fc2(x)", "F.relu(x)", "return self.fc3(x)")),
    ),
    Wrong("a layer never used", "unused", 3, (LAYERS, "return self.fc3(F.relu(self.fc1(state)))")),
    Wrong(
        "plain list of layers",
        "not_registered",
        3,
        (
            "self.layers = [nn.Linear(state_size, 64), nn.Linear(64, 64), nn.Linear(64, action_size)]",
            code("for layer in self.layers[:-1]:", "    state = F.relu(layer(state))", "return self.layers[-1](state)"),
        ),
    ),
    Wrong(
        "hidden layers in a plain list",
        "not_registered",
        3,
        (
            code(
                "self.hidden = [nn.Linear(state_size, 64), nn.Linear(64, 64)]", "self.out = nn.Linear(64, action_size)"
            ),
            code("for layer in self.hidden:", "    state = F.relu(layer(state))", "return self.out(state)"),
        ),
    ),
    Wrong(
        "new layers in every forward",
        "not_registered random_output",
        0,
        (
            "self.sizes = state_size, action_size",
            "return nn.Linear(64, self.sizes[1])(F.relu(nn.Linear(self.sizes[0], 64)(state)))",
        ),
    ),
    Wrong(
        "detached in the middle",
        "cut_off",
        3,
        (LAYERS, code("x = F.relu(self.fc1(state)).detach()", "return self.fc3(F.relu(self.fc2(x)))")),
    ),
    Wrong(
        "no_grad around all",
        "no_gradient",
        3,
        (
            LAYERS,
            code(
                "with torch.no_grad():",
                "    x = F.relu(self.fc1(state))",
                "    x = F.relu(self.fc2(x))",
                "    return self.fc3(x)",
            ),
        ),
    ),
    Wrong(
        "numpy at the end",
        "no_gradient",
        3,
        (LAYERS, code(HIDDEN, "return torch.from_numpy(self.fc3(x).detach().numpy())")),
    ),
    Wrong("frozen layer", "frozen", 3, (code(LAYERS, "self.fc1.requires_grad_(False)"), RELU)),
    Wrong(
        "action_size written as 4",
        "shape",
        3.5,
        (
            code(
                "self.fc1 = nn.Linear(state_size, fc1_units)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, 4)",
            ),
            RELU,
        ),
    ),
    Wrong(
        "state_size written as 8",
        "error",
        3.5,
        (
            code(
                "self.fc1 = nn.Linear(8, fc1_units)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, action_size)",
            ),
            RELU,
        ),
    ),
    Wrong(
        "one output",
        "shape",
        3.5,
        (
            code(
                "self.fc1 = nn.Linear(state_size, fc1_units)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, 1)",
            ),
            RELU,
        ),
    ),
    Wrong("squeezed", "single_state", 3.5, (LAYERS, code(HIDDEN, "return self.fc3(x).squeeze()"))),
    Wrong("transposed", "shape", 0, (LAYERS, code(HIDDEN, "return self.fc3(x).T"))),
    Wrong(
        "the mean over the batch taken off",
        "rows_mixed",
        3.5,
        (LAYERS, code(HIDDEN, "q = self.fc3(x)", "return q - q.mean(0)")),
    ),
    Wrong("states changed in place", "input_changed", 3.5, (LAYERS, code("state /= 10", RELU))),
    Wrong("seed not used", "seed_ignored", 3.5, (LAYERS, RELU), changes=(("torch.manual_seed(seed)", ""),)),
    Wrong(
        "seed fixed", "seed_fixed", 3.5, (LAYERS, RELU), changes=(("torch.manual_seed(seed)", "torch.manual_seed(0)"),)
    ),
    Wrong(
        "seeded too late",
        "seed_ignored",
        3.5,
        (code(LAYERS, "torch.manual_seed(seed)"), RELU),
        changes=((code("super().__init__()", "        torch.manual_seed(seed)"), "super().__init__()"),),
    ),
    Wrong(
        "zeros",
        "no_weights constant",
        0,
        ("self.sizes = state_size, action_size", "return torch.zeros(len(state), self.sizes[1])"),
    ),
    Wrong("nothing returned", "wrong_return", 0, (LAYERS, code(HIDDEN, "self.fc3(x)"))),
    Wrong("two things returned", "wrong_return", 0, (LAYERS, code(HIDDEN, "return self.fc3(x), x"))),
    Wrong(
        "no Module",
        "not_a_module",
        0,
        (LAYERS, RELU),
        changes=(
            ("(nn.Module)", ""),
            ("super().__init__()", "pass"),
        ),
    ),
    Wrong("super forgotten", "error", 0, (LAYERS, RELU), changes=(("super().__init__()", "pass"),)),
    Wrong(
        "sizes that do not fit",
        "error",
        0,
        (
            code(
                "self.fc1 = nn.Linear(state_size, fc1_units)",
                "self.fc2 = nn.Linear(32, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, action_size)",
            ),
            RELU,
        ),
    ),
    Wrong(
        "layer norm at the end",
        "tied_output",
        3,
        (code(LAYERS, "self.norm = nn.LayerNorm(action_size)"), code(HIDDEN, "return self.norm(self.fc3(x))")),
    ),
    Wrong(
        "mean taken off",
        "tied_output",
        3,
        (LAYERS, code(HIDDEN, "q = self.fc3(x)", "return q - q.mean(1, keepdim=True)")),
    ),
    Wrong(
        "tanh and a bias",
        "nonlinear_output",
        3,
        (
            code(LAYERS, "self.bias = nn.Parameter(torch.zeros(action_size))"),
            code(HIDDEN, "return torch.tanh(self.fc3(x)) + self.bias"),
        ),
    ),
    Wrong(
        "one Q-value for all actions",
        "same_for_all",
        2.5,
        (
            code(
                "self.fc1 = nn.Linear(state_size, fc1_units)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, 1)",
                "self.n = action_size",
            ),
            code(HIDDEN, "return self.fc3(x).expand(-1, self.n)"),
        ),
    ),
    Wrong(
        "first number of the state only",
        "state_ignored",
        3.5,
        (
            code(
                "self.fc1 = nn.Linear(1, fc1_units)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, action_size)",
            ),
            code("x = F.relu(self.fc1(state[:, :1]))", "x = F.relu(self.fc2(x))", "return self.fc3(x)"),
        ),
    ),
    Wrong(
        "a plain tensor of weights",
        "plain_tensor",
        3,
        (
            code(
                "self.w = torch.randn(state_size, fc1_units)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units)",
                "self.fc3 = nn.Linear(fc2_units, action_size)",
            ),
            code("x = F.relu(state @ self.w)", "return self.fc3(F.relu(self.fc2(x)))"),
        ),
    ),
    Wrong(
        "dropout that never stops",
        "random_output",
        0,
        (LAYERS, code("x = F.dropout(F.relu(self.fc1(state)))", "return self.fc3(F.relu(self.fc2(x)))")),
    ),
    Wrong("sorted", "nonlinear_output", 3, (LAYERS, code(HIDDEN, "return self.fc3(x).sort(dim=1).values"))),
    Wrong("noise in every forward", "random_output", 0, (LAYERS, code(HIDDEN, "return self.fc3(x) + torch.randn(1)"))),
)

RIGHT = (
    Right("three layers", (LAYERS, RELU)),
    Right(
        "120 and 84 units",
        (
            code(
                "self.fc1 = nn.Linear(state_size, 120)",
                "self.fc2 = nn.Linear(120, 84)",
                "self.fc3 = nn.Linear(84, action_size)",
            ),
            RELU,
        ),
    ),
    Right(
        "Sequential",
        (
            code(
                "self.net = nn.Sequential(",
                "    nn.Linear(state_size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, action_size)",
                ")",
            ),
            "return self.net(state)",
        ),
    ),
    Right(
        "ModuleList",
        (
            code(
                "self.hidden = nn.ModuleList([nn.Linear(state_size, 32), nn.Linear(32, 32), nn.Linear(32, 16)])",
                "self.out = nn.Linear(16, action_size)",
            ),
            code("for layer in self.hidden:", "    state = F.leaky_relu(layer(state))", "return self.out(state)"),
        ),
    ),
    Right(
        "tanh inside",
        (LAYERS, code("x = torch.tanh(self.fc1(state))", "x = torch.tanh(self.fc2(x))", "return self.fc3(x)")),
    ),
    Right("ELU and softplus inside", (LAYERS, "return self.fc3(F.softplus(self.fc2(F.elu(self.fc1(state)))))")),
    Right(
        "output starts at zero",
        (code(LAYERS, "nn.init.zeros_(self.fc3.weight)", "nn.init.zeros_(self.fc3.bias)"), RELU),
    ),
    Right(
        "no biases",
        (
            code(
                "self.fc1 = nn.Linear(state_size, fc1_units, bias=False)",
                "self.fc2 = nn.Linear(fc1_units, fc2_units, bias=False)",
                "self.fc3 = nn.Linear(fc2_units, action_size, bias=False)",
            ),
            RELU,
        ),
    ),
    Right(
        "in-place ReLU of its own",
        (LAYERS, code("x = self.fc1(state).relu_()", "return self.fc3(self.fc2(x).relu_())")),
    ),
    Right(
        "dropout",
        (
            code(LAYERS, "self.drop = nn.Dropout(0.2)"),
            "return self.fc3(self.drop(F.relu(self.fc2(F.relu(self.fc1(state))))))",
        ),
    ),
    Right(
        "layer norm",
        (
            code(LAYERS, "self.norm = nn.LayerNorm(fc1_units)"),
            "return self.fc3(F.relu(self.fc2(F.relu(self.norm(self.fc1(state))))))",
        ),
    ),
    Right(
        "batch norm",
        (
            code(LAYERS, "self.norm = nn.BatchNorm1d(fc1_units)"),
            "return self.fc3(F.relu(self.fc2(F.relu(self.norm(self.fc1(state))))))",
        ),
    ),
    Right(
        "value and advantage",
        (
            code(
                "self.fc = nn.Linear(state_size, 64)",
                "self.v = nn.Linear(64, 1)",
                "self.a = nn.Linear(64, action_size)",
            ),
            code("x = F.relu(self.fc(state))", "a = self.a(x)", "return self.v(x) + a - a.mean(1, keepdim=True)"),
        ),
    ),
    Right(
        "one head per action",
        (
            code(
                "self.fc = nn.Linear(state_size, 64)",
                "self.heads = nn.ModuleList(nn.Linear(64, 1) for _ in range(action_size))",
            ),
            code("x = F.gelu(self.fc(state))", "return torch.cat([head(x) for head in self.heads], dim=1)"),
        ),
    ),
    Right(
        "own parameters",
        (
            code(
                "self.w1 = nn.Parameter(0.3 * torch.randn(state_size, 50))",
                "self.b1 = nn.Parameter(torch.zeros(50))",
                "self.w2 = nn.Parameter(0.1 * torch.randn(50, action_size))",
            ),
            "return torch.relu(state @ self.w1 + self.b1) @ self.w2",
        ),
    ),
    Right(
        "GRU cell",
        (
            code("self.cell = nn.GRUCell(state_size, 40)", "self.out = nn.Linear(40, action_size)"),
            "return self.out(self.cell(state))",
        ),
    ),
    Right(
        "1024 units",
        (
            code(
                "self.fc1 = nn.Linear(state_size, 1024)",
                "self.fc2 = nn.Linear(1024, 1024)",
                "self.fc3 = nn.Linear(1024, action_size)",
            ),
            RELU,
        ),
    ),
    Right(
        "a layer used twice",
        (
            code(LAYERS, "self.square = nn.Linear(fc2_units, fc2_units)"),
            code(HIDDEN, "x = F.relu(self.square(F.relu(self.square(x))))", "return self.fc3(x)"),
        ),
    ),
    Right("weight norm", (code(LAYERS, "self.fc3 = nn.utils.parametrizations.weight_norm(self.fc3)"), RELU)),
    Right(
        "skip connection",
        (
            code(LAYERS, "self.skip = nn.Linear(state_size, action_size)"),
            code(HIDDEN, "return self.fc3(x) + self.skip(state)"),
        ),
    ),
    Right(
        "orthogonal start",
        (
            code(
                LAYERS,
                "for p in self.parameters():",
                "    nn.init.orthogonal_(p) if p.ndim == 2 else nn.init.zeros_(p)",
            ),
            RELU,
        ),
    ),
    Right("scaled output", (LAYERS, code(HIDDEN, "return 100 * self.fc3(x)"))),
    Right("seed with a default", (LAYERS, RELU), changes=(("seed, fc1_units", "seed=0, fc1_units"),)),
)
