"""Answers to the exercises of lesson 4."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from mutants import Exercise, Right, Wrong, code, lesson_04_more, with_more

LESSON = "04_pytorch"
NAMES = {"np": np, "torch": torch, "nn": nn, "F": F}

TO_BATCH = Exercise(
    names=NAMES,
    wrong=(
        Wrong("no batch dimension", "no_batch", 1, "return torch.from_numpy(state).float().to(device)"),
        Wrong("a column", "column", 1, "return torch.from_numpy(state).float().unsqueeze(1).to(device)"),
        Wrong("two pairs", "too_many", 1, "return torch.from_numpy(state).float()[None, None].to(device)"),
        Wrong("fixed size", "error", 1, "return torch.from_numpy(state).float().reshape(1, 8).to(device)"),
        Wrong("dtype of the array", "float64", 1.5, "return torch.from_numpy(state).unsqueeze(0).to(device)"),
        Wrong("double", "float64", 1.5, "return torch.from_numpy(state).double().unsqueeze(0).to(device)"),
        Wrong("half", "other_dtype", 1.5, "return torch.from_numpy(state).half().unsqueeze(0).to(device)"),
        Wrong(
            "whole numbers",
            "whole_numbers other_dtype",
            0.5,
            "return torch.from_numpy(state).long().unsqueeze(0).to(device)",
        ),
        Wrong("cut off", "whole_numbers", 1, "return torch.from_numpy(state).int().float()[None].to(device)"),
        Wrong("device forgotten", "wrong_device", 1.5, "return torch.from_numpy(state).float().unsqueeze(0)"),
        Wrong("always the CPU", "wrong_device", 1.5, "return torch.tensor(state, dtype=torch.float32)[None].to('cpu')"),
        Wrong(
            "result of to thrown away",
            "wrong_device",
            1.5,
            code("batch = torch.from_numpy(state).float().unsqueeze(0)", "batch.to(device)", "return batch"),
        ),
        Wrong("an array", "not_a_tensor", 0, "return state.astype(np.float32)[None]"),
        Wrong("a list", "not_a_tensor", 0, "return [state.tolist()]"),
        Wrong("nothing returned", "wrong_return", 0, "torch.from_numpy(state).float().unsqueeze(0).to(device)"),
        Wrong("empty", "wrong_numbers", 0, "return torch.zeros(1, len(state), device=device)"),
        Wrong("reversed", "wrong_numbers", 0, "return torch.from_numpy(state).float().flip(0)[None].to(device)"),
        Wrong(
            "scaled",
            "wrong_numbers",
            0,
            "return torch.from_numpy(state / np.abs(state).max() * 2).float()[None].to(device)",
        ),
        Wrong(
            "the state is changed",
            "state_changed",
            1,
            code("batch = torch.tensor(state).float()[None].to(device)", "state *= 0", "return batch"),
        ),
        Wrong("no tensor yet", "error", 0, "return state.float().unsqueeze(0).to(device)"),
        Wrong("by way of half", "wrong_numbers", 0, "return torch.from_numpy(state).half().float()[None].to(device)"),
        Wrong("rounded", "wrong_numbers", 0, "return torch.from_numpy(state.round(3)).float()[None].to(device)"),
        Wrong("clipped", "wrong_numbers", 0, "return torch.from_numpy(state.clip(-10, 10)).float()[None].to(device)"),
    ),
    right=(
        Right("torch.tensor", "return torch.tensor(state, dtype=torch.float32, device=device).unsqueeze(0)"),
        Right("as_tensor and reshape", "return torch.as_tensor(state, dtype=torch.float32).reshape(1, -1).to(device)"),
        Right("None", "return torch.from_numpy(state)[None].to(device, torch.float32)"),
        Right("NumPy first", "return torch.from_numpy(state.astype(np.float32)[np.newaxis, :]).to(device)"),
        Right("FloatTensor", "return torch.FloatTensor(state).view(1, -1).to(device)"),
        Right(
            "filled in",
            code("batch = torch.zeros(1, len(state))", "batch[0] = torch.from_numpy(state)", "return batch.to(device)"),
        ),
        Right("stack", "return torch.stack([torch.tensor(state)]).float().to(device)"),
        Right("a loop", "return torch.tensor([[float(number) for number in state]], device=device)"),
        Right("array of a list", "return torch.tensor(np.array([state]), dtype=torch.float).to(device=device)"),
    ),
)

CHOSEN_Q = Exercise(
    names=NAMES,
    wrong=(
        Wrong("largest", "largest", 0, "return q_values.max(dim=1, keepdim=True).values"),
        Wrong("smallest", "smallest", 0, "return q_values.min(1, keepdim=True)[0]"),
        Wrong("action 0", "first_action", 0, "return q_values[:, :1]"),
        Wrong("action of the first row", "first_row", 0, "return q_values[:, actions[0]]"),
        Wrong("gather along dim 0", "over_the_batch error", 0, "return q_values.gather(0, actions)"),
        Wrong("rows instead of columns", "over_the_batch", 0, "return q_values[actions % len(q_values), 0]"),
        Wrong("every pair", "every_pair", 0, "return q_values[:, actions.squeeze(1)]"),
        Wrong("every pair, no squeeze", "every_pair", 0, "return q_values[:, actions]"),
        Wrong("(B,) beside (B, 1)", "every_pair", 0, "return q_values[torch.arange(len(q_values)), actions]"),
        Wrong("flat index", "flat_index", 0, "return q_values.take(actions)"),
        Wrong("index_select", "every_pair", 0, "return q_values.index_select(1, actions[:, 0])"),
        Wrong("squeezed", "flat", 2, "return q_values.gather(1, actions).squeeze(1)"),
        Wrong("squeezed everywhere", "flat", 2, "return q_values.gather(1, actions).squeeze()"),
        Wrong("a row", "wrong_shape", 2, "return q_values.gather(1, actions).T"),
        Wrong("no gradient", "no_gradient", 2, "return q_values.gather(1, actions).detach()"),
        Wrong("data", "no_gradient", 2, "return q_values.data.gather(1, actions)"),
        Wrong(
            "under no_grad", "no_gradient", 2, code("with torch.no_grad():", "    return q_values.gather(1, actions)")
        ),
        Wrong(
            "a new tensor",
            "no_gradient",
            2,
            "return torch.tensor([[row[a].item()] for row, a in zip(q_values, actions)])",
        ),
        Wrong("a list", "not_a_tensor", 1, "return q_values.gather(1, actions).tolist()"),
        Wrong("NumPy", "error", 0, "return np.take_along_axis(q_values.numpy(), actions.numpy(), 1)"),
        Wrong("not summed", "all_actions", 0, "return q_values * F.one_hot(actions[:, 0], q_values.shape[1])"),
        Wrong(
            "summed over the batch",
            "wrong_shape",
            0,
            "return (q_values * F.one_hot(actions[:, 0], q_values.shape[1])).sum(0, keepdim=True)",
        ),
        Wrong("one number", "one_number", 0, "return q_values.gather(1, actions).mean()"),
        Wrong("the actions", "action_number", 0, "return actions.float()"),
        Wrong("one before", "one_before", 0, "return q_values.gather(1, (actions - 1) % q_values.shape[1])"),
        Wrong("mean", "mean", 0, "return q_values.mean(dim=1, keepdim=True)"),
        Wrong("multiplied", "weighted", 0, "return q_values.gather(1, actions) * actions"),
        Wrong("zeros", "wrong_values", 0, "return torch.zeros(len(actions), 1)"),
        Wrong("nothing returned", "wrong_return", 0, "q_values.gather(1, actions)"),
        Wrong("everything", "all_actions", 0, "return q_values"),
        Wrong("cut off and made new", "no_gradient", 2, "return q_values.gather(1, actions).detach().requires_grad_()"),
        Wrong(
            "values overwritten",
            "values_changed",
            2,
            code("chosen = q_values.gather(1, actions)", "q_values *= 0", "return chosen"),
        ),
        Wrong(
            "actions overwritten",
            "actions_changed",
            2,
            code("chosen = q_values.gather(1, actions.clone())", "actions -= 1", "return chosen"),
        ),
        Wrong("clipped", "wrong_values", 0, "return q_values.gather(1, actions).clamp(-100, 100)"),
        Wrong(
            "gradient doubled",
            "other_strength",
            2,
            code("chosen = q_values.gather(1, actions)", "return 2 * chosen - chosen.detach()"),
        ),
        Wrong(
            "gradient of the mean",
            "wrong_gradient",
            2,
            code("q = q_values.gather(1, actions)", "return q.detach() + q_values.mean() - q_values.mean().detach()"),
        ),
        Wrong("actions as row numbers", "all_actions error", 0, "return q_values[actions]"),
    ),
    right=(
        Right("keyword", "return torch.gather(q_values, dim=1, index=actions)"),
        Right("arange", "return q_values[torch.arange(len(q_values)), actions.squeeze(1)].unsqueeze(1)"),
        Right("arange as a column", "return q_values[torch.arange(len(q_values)).unsqueeze(1), actions]"),
        Right("one-hot", "return (q_values * F.one_hot(actions[:, 0], q_values.shape[1])).sum(dim=1, keepdim=True)"),
        Right("a loop", "return torch.stack([row[action] for row, action in zip(q_values, actions)])"),
        Right("cat", "return torch.cat([q[a].view(1, 1) for q, a in zip(q_values, actions[:, 0])])"),
        Right("diagonal", "return q_values[:, actions[:, 0]].diagonal().unsqueeze(1)"),
        Right("masked_select", "return q_values[F.one_hot(actions[:, 0], q_values.shape[1]).bool()].view(-1, 1)"),
        Right("take_along_dim", "return q_values.take_along_dim(actions, dim=-1)"),
        Right(
            "flat, done right",
            "return q_values.take(actions + torch.arange(len(actions)).unsqueeze(1) * q_values.shape[1])",
        ),
    ),
)

LOOP = code("layers = []", "for m, n in zip(sizes, sizes[1:]):", "    layers += [nn.Linear(m, n), nn.ReLU()]")
OWN = code(
    "class MLP(nn.Module):",
    "    def __init__(self):",
    "        super().__init__()",
    "        self.layers = LIST",
    "    def forward(self, x):",
    "        for layer in self.layers[:-1]:",
    "            x = torch.relu(layer(x))",
    "        return self.layers[-1](x)",
    "return MLP()",
)
LINEARS = "[nn.Linear(m, n) for m, n in zip(sizes, sizes[1:])]"

BUILD_MLP = Exercise(
    names=NAMES,
    wrong=(
        Wrong("ReLU at the end", "relu_output", 3, code(LOOP, "return nn.Sequential(*layers)")),
        Wrong("no activation", "no_activation", 3, f"return nn.Sequential(*{LINEARS})"),
        Wrong(
            "softmax at the end",
            "softmax_output",
            3,
            code(LOOP, "return nn.Sequential(*layers[:-1], nn.Softmax(dim=1))"),
        ),
        Wrong(
            "softmax over the batch",
            "softmax_batch",
            3,
            code(LOOP, "return nn.Sequential(*layers[:-1], nn.Softmax(dim=0))"),
        ),
        Wrong(
            "log_softmax", "log_softmax_output", 3, code(LOOP, "return nn.Sequential(*layers[:-1], nn.LogSoftmax(1))")
        ),
        Wrong(
            "sigmoid at the end", "sigmoid_output", 3, code(LOOP, "return nn.Sequential(*layers[:-1], nn.Sigmoid())")
        ),
        Wrong(
            "softmax and no ReLU",
            "no_activation softmax_output",
            2,
            f"return nn.Sequential(*{LINEARS}, nn.Softmax(dim=1))",
        ),
        Wrong("tanh at the end", "tanh_output", 3, code(LOOP, "return nn.Sequential(*layers[:-1], nn.Tanh())")),
        Wrong(
            "tanh between",
            "other_activation",
            3,
            code(LOOP.replace("ReLU", "Tanh"), "return nn.Sequential(*layers[:-1])"),
        ),
        Wrong(
            "sigmoid everywhere",
            "other_activation sigmoid_output",
            2,
            code(LOOP.replace("ReLU", "Sigmoid"), "return nn.Sequential(*layers)"),
        ),
        Wrong(
            "leaky",
            "other_activation",
            3,
            code(LOOP.replace("ReLU", "LeakyReLU"), "return nn.Sequential(*layers[:-1])"),
        ),
        Wrong(
            "ReLU first",
            "relu_first",
            3,
            code(
                "layers = []",
                "for m, n in zip(sizes, sizes[1:]):",
                "    layers += [nn.ReLU(), nn.Linear(m, n)]",
                "return nn.Sequential(*layers)",
            ),
        ),
        Wrong(
            "only one ReLU",
            "relu_missing relu_output",
            2,
            code(f"layers = {LINEARS}", "layers.insert(1, nn.ReLU())", "return nn.Sequential(*layers)"),
        ),
        Wrong("a plain list", "not_registered", 3, OWN.replace("LIST", LINEARS)),
        Wrong(
            "layers made in forward",
            "not_registered",
            1,
            code(
                "class MLP(nn.Module):",
                "    def forward(self, x):",
                "        for i, (m, n) in enumerate(zip(sizes, sizes[1:])):",
                "            x = nn.Linear(m, n)(x if i == 0 else x.relu())",
                "        return x",
                "return MLP()",
            ),
        ),
        Wrong(
            "last layer forgotten",
            "output_shape",
            0,
            code(LOOP.replace("sizes, sizes[1:]", "sizes[:-1], sizes[1:-1]"), "return nn.Sequential(*layers[:-1])"),
        ),
        Wrong(
            "inputs and outputs swapped",
            "error",
            0,
            code(LOOP.replace("(m, n)", "(n, m)"), "return nn.Sequential(*layers[:-1])"),
        ),
        Wrong(
            "fixed sizes",
            "error",
            0,
            "return nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))",
        ),
        Wrong(
            "fixed depth",
            "layer_missing layer_extra",
            0,
            code(
                "hidden = sizes[1]",
                "return nn.Sequential(nn.Linear(sizes[0], hidden), nn.ReLU(), nn.Linear(hidden, sizes[-1]))",
            ),
        ),
        Wrong(
            "three layers whatever is asked",
            "error",
            3,
            code(
                "a, b, c, d = sizes",
                "return nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d))",
            ),
        ),
        Wrong(
            "no bias",
            "no_bias",
            3,
            code(LOOP.replace("(m, n)", "(m, n, bias=False)"), "return nn.Sequential(*layers[:-1])"),
        ),
        Wrong(
            "batch normalisation",
            "layer_extra",
            0,
            code(LOOP.replace("nn.ReLU()", "nn.BatchNorm1d(n), nn.ReLU()"), "return nn.Sequential(*layers[:-2])"),
        ),
        Wrong(
            "a layer too many",
            "layer_extra",
            0,
            code(LOOP, "return nn.Sequential(*layers, nn.Linear(sizes[-1], sizes[-1]))"),
        ),
        Wrong(
            "dropout",
            "random_output",
            3,
            code(LOOP.replace("nn.ReLU()]", "nn.ReLU(), nn.Dropout(0.2)]"), "return nn.Sequential(*layers[:-2])"),
        ),
        Wrong("GELU", "other_activation", 3, code(LOOP.replace("ReLU", "GELU"), "return nn.Sequential(*layers[:-1])")),
        Wrong("ReLU only at the end", "no_activation relu_output", 2, f"return nn.Sequential(*{LINEARS}, nn.ReLU())"),
        Wrong(
            "one layer for equal sizes",
            "layer_missing",
            3,
            code(
                "layers, made = [], {}",
                "for m, n in zip(sizes, sizes[1:]):",
                "    made.setdefault((m, n), nn.Linear(m, n))",
                "    layers += [made[m, n], nn.ReLU()]",
                "return nn.Sequential(*layers[:-1])",
            ),
        ),
        Wrong(
            "the input added where it fits",
            "other_function",
            2,
            code(
                "class MLP(nn.Sequential):",
                "    def forward(self, x):",
                "        for layer in self:",
                "            y = layer(x)",
                "            x = x + y if x.shape == y.shape and isinstance(layer, nn.Linear) else y",
                "        return x",
                LOOP,
                "return MLP(*layers[:-1])",
            ),
        ),
        Wrong(
            "squeezed at the end",
            "output_shape",
            3,
            code(
                "class MLP(nn.Sequential):",
                "    def forward(self, x):",
                "        return super().forward(x).squeeze()",
                LOOP,
                "return MLP(*layers[:-1])",
            ),
        ),
        Wrong("a list", "not_a_module", 0, code(LOOP, "return layers[:-1]")),
        Wrong("nothing returned", "not_a_module", 0, code(LOOP, "nn.Sequential(*layers[:-1])")),
        Wrong("a list for Sequential", "error", 0, code(LOOP, "return nn.Sequential(layers[:-1])")),
        Wrong(
            "zeros",
            "all_alike",
            3,
            code(
                LOOP,
                "network = nn.Sequential(*layers[:-1])",
                "for weight in network.parameters():",
                "    nn.init.zeros_(weight)",
                "return network",
            ),
        ),
        Wrong(
            "fixed seed", "same_weights", 3, code("torch.manual_seed(0)", LOOP, "return nn.Sequential(*layers[:-1])")
        ),
        Wrong(
            "frozen",
            "frozen",
            3,
            code(LOOP, "return nn.Sequential(*layers[:-1]).requires_grad_(False)"),
        ),
        Wrong(
            "sizes used up",
            "sizes_changed",
            3,
            code(
                "layers, m = [], sizes.pop(0)",
                "while sizes:",
                "    n = sizes.pop(0)",
                "    layers += [nn.Linear(m, n), nn.ReLU()]",
                "    m = n",
                "return nn.Sequential(*layers[:-1])",
            ),
        ),
        Wrong(
            "no gradient",
            "cut_off",
            3,
            code(
                "@torch.no_grad()",
                "def forward(x):",
                "    return x",
                OWN.replace("LIST", f"nn.ModuleList({LINEARS})").replace(
                    "self.layers[:-1]:", "self.layers[:-1]:\n            x = x.detach()"
                ),
            ),
        ),
    ),
    right=(
        Right("own class with ModuleList", OWN.replace("LIST", f"nn.ModuleList({LINEARS})")),
        Right(
            "index",
            code(
                "layers = [nn.Linear(sizes[0], sizes[1])]",
                "for i in range(1, len(sizes) - 1):",
                "    layers.append(nn.ReLU())",
                "    layers.append(nn.Linear(sizes[i], sizes[i + 1]))",
                "return nn.Sequential(*layers)",
            ),
        ),
        Right(
            "if not the last",
            code(
                "network = nn.Sequential()",
                "for i in range(len(sizes) - 1):",
                "    network.append(nn.Linear(sizes[i], sizes[i + 1]))",
                "    if i < len(sizes) - 2:",
                "        network.append(nn.ReLU(inplace=True))",
                "return network",
            ),
        ),
        Right(
            "nested",
            code(
                "if len(sizes) == 2:",
                "    return nn.Linear(*sizes)",
                "return nn.Sequential(nn.Linear(sizes[0], sizes[1]), nn.ReLU(), build_mlp(sizes[1:]))",
            ),
        ),
        Right(
            "own parameters, stored as in Lesson 2",
            code(
                "class MLP(nn.Module):",
                "    def __init__(self):",
                "        super().__init__()",
                "        for i, (m, n) in enumerate(zip(sizes, sizes[1:])):",
                "            setattr(self, f'W{i}', nn.Parameter(torch.randn(m, n) / m**0.5))",
                "            setattr(self, f'b{i}', nn.Parameter(torch.zeros(1, n)))",
                "    def forward(self, x):",
                "        for i in range(len(sizes) - 1):",
                "            x = (x if i == 0 else x.clamp(min=0)) @ getattr(self, f'W{i}') + getattr(self, f'b{i}')",
                "        return x",
                "sizes = tuple(sizes)",
                "return MLP()",
            ),
        ),
        Right(
            "lazy layers",
            code(
                LOOP.replace("nn.Linear(m, n)", "nn.LazyLinear(n)"),
                "return nn.Sequential(*layers[:-1])",
            ),
        ),
        Right(
            "weights and biases started as in Lesson 2",
            code(
                LOOP,
                "for layer in layers[::2]:",
                "    nn.init.xavier_uniform_(layer.weight)",
                "    nn.init.zeros_(layer.bias)",
                "return nn.Sequential(*layers[:-1])",
            ),
        ),
        Right(
            "made from last to first",
            code(
                "layers = [nn.Linear(m, n) for m, n in zip(sizes[-2::-1], sizes[:0:-1])]",
                "class MLP(nn.Module):",
                "    def __init__(self):",
                "        super().__init__()",
                "        self.layers = nn.ModuleList(layers)",
                "    def forward(self, x):",
                "        for layer in self.layers[:0:-1]:",
                "            x = F.relu(layer(x))",
                "        return self.layers[0](x)",
                "return MLP()",
            ),
        ),
    ),
)

BATCH = "torch.from_numpy(state).float().unsqueeze(0)"
PASS = code("network.eval()", "with torch.no_grad():", f"    q_values = network({BATCH})", "network.train()")

GREEDY_ACTION = Exercise(
    names=NAMES,
    wrong=(
        Wrong(
            "eval forgotten",
            "training_mode",
            2,
            code(PASS.replace("network.eval()", ""), "return q_values.argmax().item()"),
        ),
        Wrong(
            "train forgotten",
            "left_in_eval",
            2,
            code(PASS.replace("network.train()", ""), "return q_values.argmax().item()"),
        ),
        Wrong(
            "eval and train swapped",
            "training_mode left_in_eval",
            2,
            code(
                "network.train()",
                "with torch.no_grad():",
                f"    q_values = network({BATCH})",
                "network.eval()",
                "return q_values.argmax().item()",
            ),
        ),
        Wrong(
            "no modes at all",
            "training_mode",
            2,
            code("with torch.no_grad():", f"    return network({BATCH}).argmax().item()"),
        ),
        Wrong(
            "no_grad forgotten",
            "graph",
            2.5,
            code(
                "network.eval()", f"q_values = network({BATCH})", "network.train()", "return q_values.argmax().item()"
            ),
        ),
        Wrong(
            "detach afterwards",
            "graph",
            2.5,
            code(
                "network.eval()",
                f"q_values = network({BATCH}).detach()",
                "network.train()",
                "return int(np.argmax(q_values.cpu().numpy()))",
            ),
        ),
        Wrong(
            "no_grad without with",
            "graph",
            2.5,
            code(
                "torch.no_grad()",
                "network.eval()",
                f"q_values = network({BATCH})",
                "network.train()",
                "return q_values.argmax().item()",
            ),
        ),
        Wrong(
            "neither eval nor no_grad",
            "training_mode graph",
            1.5,
            f"return network({BATCH}).argmax().item()",
        ),
        Wrong(
            "gradients off for good",
            "gradients_off",
            2.5,
            code(
                "torch.set_grad_enabled(False)",
                "network.eval()",
                f"q_values = network({BATCH})",
                "network.train()",
                "return q_values.argmax().item()",
            ),
        ),
        Wrong(
            "weights frozen",
            "weights_frozen",
            2.5,
            code(
                "network.eval()",
                "network.requires_grad_(False)",
                f"q_values = network({BATCH})",
                "network.train()",
                "return q_values.argmax().item()",
            ),
        ),
        Wrong("a tensor", "tensor", 2.5, code(PASS, "return q_values.argmax()")),
        Wrong("a tensor with a dimension", "tensor", 2.5, code(PASS, "return q_values.argmax(dim=1)")),
        Wrong("a float", "not_whole", 2.5, code(PASS, "return float(q_values.argmax())")),
        Wrong("an array", "not_whole", 2.5, code(PASS, "return q_values.numpy().argmax(1)")),
        Wrong("the value", "the_value", 0, code(PASS, "return q_values.max().item()")),
        Wrong("smallest", "smallest", 0, code(PASS, "return q_values.argmin().item()")),
        Wrong("largest size", "smallest", 0, code(PASS, "return q_values.abs().argmax().item()")),
        Wrong("argmax over the batch", "no_number", 0, code(PASS, "return q_values.argmax(dim=0)")),
        Wrong("nothing below 0", "first_action", 0, code(PASS, "return torch.relu(q_values).argmax().item()")),
        Wrong("squashed", "first_action", 0, code(PASS, "return torch.sigmoid(q_values).argmax().item()")),
        Wrong("rounded", "first_action", 0, code(PASS, "return q_values.round(decimals=1).argmax().item()")),
        Wrong(
            "first of argmax over the batch", "first_action", 0, code(PASS, "return q_values.argmax(dim=0)[0].item()")
        ),
        Wrong("all the values", "no_number", 0, code(PASS, "return q_values")),
        Wrong("no batch", "no_batch", 0, code(PASS.replace(".unsqueeze(0)", ""), "return q_values.argmax().item()")),
        Wrong("float64", "error", 0, code(PASS.replace(".float()", ".double()"), "return q_values.argmax().item()")),
        Wrong("dtype of the array", "error", 0, code(PASS.replace(".float()", ""), "return q_values.argmax().item()")),
        Wrong(
            "NumPy into the network", "error", 0, code(PASS.replace(BATCH, "state"), "return q_values.argmax().item()")
        ),
        Wrong("nothing returned", "wrong_return", 0, code(PASS, "q_values.argmax().item()")),
        Wrong("network not asked", "not_called", 0, "return int(np.argmax(state))"),
        Wrong(
            "another input",
            "wrong_input",
            0,
            code(PASS.replace(BATCH, f"torch.zeros_like({BATCH})"), "return q_values.argmax().item()"),
        ),
        Wrong(
            "eval read as a condition",
            "training_mode",
            2,
            code(
                "with torch.no_grad():",
                "    if network.eval:",
                f"        q_values = network({BATCH})",
                "network.train()",
                "return q_values.argmax().item()",
            ),
        ),
    ),
    right=(
        Right("NumPy at the end", code(PASS, "return int(np.argmax(q_values.cpu().data.numpy()))")),
        Right("numpy integer", code(PASS, "return np.argmax(q_values.numpy())")),
        Right(
            "inference mode",
            code(
                "network.eval()",
                "with torch.inference_mode():",
                "    x = torch.tensor(state, dtype=torch.float32)[None]",
                "    action = network(x).argmax(dim=1).item()",
                "network.train(True)",
                "return action",
            ),
        ),
        Right(
            "mode put back",
            code(
                "was_training = network.training",
                "try:",
                "    network.train(False)",
                "    with torch.no_grad():",
                f"        return network({BATCH}).argmax().item()",
                "finally:",
                "    network.train(was_training)",
            ),
        ),
        Right(
            "decorated",
            code(
                "@torch.no_grad()",
                "def ask():",
                f"    return network({BATCH})[0].tolist()",
                "network.eval()",
                "q_values = ask()",
                "network.train()",
                "return q_values.index(max(q_values))",
            ),
        ),
        Right(
            "a copy is asked",
            code(
                "import copy",
                "with torch.no_grad():",
                f"    return int(copy.deepcopy(network).eval()({BATCH}).argmax())",
            ),
        ),
        Right("max gives the position too", code(PASS, "return q_values.max(dim=1).indices.item()")),
        Right("softmax changes no order", code(PASS, "return torch.softmax(q_values, dim=1).argmax().item()")),
        Right("sorted", code(PASS, "return int(q_values.argsort(dim=1, descending=True)[0, 0])")),
    ),
)

FORWARD = "loss = loss_function(network(x), y)"
STEP = code("optimizer.zero_grad()", FORWARD, "loss.backward()", "optimizer.step()")

TRAIN_STEP = Exercise(
    names=NAMES,
    wrong=(
        Wrong("no zero_grad", "not_cleared", 3, code(STEP.replace("optimizer.zero_grad()", ""), "return loss.item()")),
        Wrong(
            "step before backward",
            "step_before_backward",
            1.0,
            code("optimizer.zero_grad()", FORWARD, "optimizer.step()", "loss.backward()", "return loss.item()"),
        ),
        Wrong(
            "cleared between",
            "cleared",
            1.0,
            code(FORWARD, "loss.backward()", "optimizer.zero_grad()", "optimizer.step()", "return loss.item()"),
        ),
        Wrong("no step", "no_step", 1.0, code(STEP.replace("optimizer.step()", ""), "return loss.item()")),
        Wrong("step without brackets", "no_step", 1.0, code(STEP.replace("step()", "step"), "return loss.item()")),
        Wrong("no backward", "no_backward", 1.0, code(STEP.replace("loss.backward()", ""), "return loss.item()")),
        Wrong(
            "zero_grad without brackets",
            "not_cleared",
            3,
            code(STEP.replace("zero_grad()", "zero_grad"), "return loss.item()"),
        ),
        Wrong(
            "two steps",
            "several_steps",
            1.0,
            code(
                "for _ in range(2):",
                "    optimizer.zero_grad()",
                "    loss = loss_function(network(x), y)",
                "    first = loss.item() if _ == 0 else first",
                "    loss.backward()",
                "    optimizer.step()",
                "return first",
            ),
        ),
        Wrong("step twice on one gradient", "scaled", 1.0, code(STEP, "optimizer.step()", "return loss.item()")),
        Wrong("a tensor", "not_a_float", 3, code(STEP, "return loss")),
        Wrong("a detached tensor", "not_a_float", 3, code(STEP, "return loss.detach()")),
        Wrong("an array", "not_a_float", 3, code(STEP, "return loss.detach().numpy()")),
        Wrong("a string", "not_a_float", 3, code(STEP, "return f'{loss.item():.3f}'")),
        Wrong("nothing returned", "not_a_float", 3, STEP),
        Wrong("loss printed", "not_a_float", 3, code(STEP, "print(loss.item())")),
        Wrong("loss after the step", "loss_after", 3, code(STEP, "return loss_function(network(x), y).item()")),
        Wrong(
            "arguments swapped",
            "swapped error",
            0,
            code(STEP.replace("(network(x), y)", "(y, network(x))"), "return loss.item()"),
        ),
        Wrong(
            "own loss",
            "own_loss error",
            0,
            code(STEP.replace("loss_function", "F.mse_loss"), "return loss.item()"),
        ),
        Wrong("eval mode", "eval_mode", 3.5, code("network.eval()", STEP, "return loss.item()")),
        Wrong(
            "eval mode, then back",
            "eval_mode",
            3.5,
            code("network.eval()", STEP, "network.train()", "return loss.item()"),
        ),
        Wrong(
            "left in eval mode",
            "left_in_eval",
            3.5,
            code("network.train()", STEP, "network.eval()", "return loss.item()"),
        ),
        Wrong(
            "no_grad",
            "error",
            0,
            code(
                "optimizer.zero_grad()",
                "with torch.no_grad():",
                f"    {FORWARD}",
                "loss.backward()",
                "optimizer.step()",
                "return loss.item()",
            ),
        ),
        Wrong(
            "item before backward",
            "error",
            0,
            code(STEP.replace("network(x), y)", "network(x), y).item()"), "return loss"),
        ),
        Wrong(
            "own optimizer",
            "own_step",
            1.0,
            code("optimizer = torch.optim.SGD(network.parameters(), lr=0.1)", STEP, "return loss.item()"),
        ),
        Wrong(
            "by hand",
            "own_step",
            1.0,
            code(
                FORWARD,
                "loss.backward()",
                "with torch.no_grad():",
                "    for w in network.parameters():",
                "        w -= optimizer.param_groups[0]['lr'] * w.grad",
                "        w.grad = None",
                "return loss.item()",
            ),
        ),
        Wrong(
            "uphill",
            "uphill",
            1.0,
            code("optimizer.zero_grad()", FORWARD, "(-loss).backward()", "optimizer.step()", "return loss.item()"),
        ),
        Wrong("loss negated", "uphill loss_scaled", 0, code(STEP.replace("loss = ", "loss = -"), "return loss.item()")),
        Wrong(
            "summed", "scaled loss_scaled", 0, code(STEP.replace("loss = ", "loss = len(x) * "), "return loss.item()")
        ),
        Wrong("returned sum", "loss_scaled", 3, code(STEP, "return loss.item() * len(x)")),
        Wrong(
            "backward twice",
            "several_backwards",
            1.0,
            code(
                "optimizer.zero_grad()",
                FORWARD,
                "loss.backward(retain_graph=True)",
                "loss.backward()",
                "optimizer.step()",
                "return loss.item()",
            ),
        ),
        Wrong(
            "squeezed", "broadcast", 0, code(STEP.replace("network(x)", "network(x).squeeze()"), "return loss.item()")
        ),
        Wrong(
            "four steps",
            "several_steps wrong_loss",
            0,
            code(
                "for _ in range(4):",
                "    optimizer.zero_grad()",
                "    loss = loss_function(network(x), y)",
                "    loss.backward()",
                "    optimizer.step()",
                "return loss.item()",
            ),
        ),
        Wrong("zero", "no_forward", 0, "return 0.0"),
        Wrong(
            "softmax over one number",
            "flat other_step wrong_loss",
            0,
            code(STEP.replace("network(x)", "torch.softmax(network(x), dim=1)"), "return loss.item()"),
        ),
        Wrong(
            "at most 32 rows",
            "other_step wrong_loss",
            0,
            code(STEP.replace("network(x), y", "network(x[:32]), y[:32]"), "return loss.item()"),
        ),
        Wrong("targets changed", "batch_changed", 1, code(STEP, "y += 1", "return loss.item()")),
        Wrong("eval mode at the end", "left_in_eval", 3.5, code(STEP, "network.eval()", "return loss.item()")),
        Wrong(
            "another optimizer of its kind",
            "own_step",
            1.0,
            code(
                "optimizer = type(optimizer)(network.parameters(), lr=optimizer.param_groups[0]['lr'])",
                STEP,
                "return loss.item()",
            ),
        ),
        Wrong("only the loss", "no_backward", 1.0, code(FORWARD, "return loss.item()")),
        Wrong("a constant loss", "wrong_loss", 3, code(STEP, "return 1.0")),
        Wrong(
            "half the batch",
            "other_step wrong_loss",
            0,
            code(STEP.replace("network(x), y", "network(x[:2]), y[:2]"), "return loss.item()"),
        ),
        Wrong(
            "neither zero_grad nor item",
            "not_cleared not_a_float",
            2,
            code(FORWARD, "loss.backward()", "optimizer.step()", "return loss"),
        ),
    ),
    right=(
        Right(
            "zero_grad late",
            code(FORWARD, "optimizer.zero_grad()", "loss.backward()", "optimizer.step()", "return loss.item()"),
        ),
        Right("float", code("network.train()", STEP, "return float(loss)")),
        Right(
            "network.zero_grad",
            code("network.zero_grad()", FORWARD, "loss.backward()", "optimizer.step()", "return loss.detach().item()"),
        ),
        Right(
            "cleared afterwards",
            code(FORWARD, "loss.backward()", "optimizer.step()", "optimizer.zero_grad()", "return loss.item()"),
        ),
        Right(
            "torch.autograd.backward",
            code(
                "for w in network.parameters():",
                "    w.grad = None",
                "prediction = network.forward(x)",
                "loss = loss_function(prediction, y)",
                "result = loss.item()",
                "torch.autograd.backward(loss)",
                "optimizer.step()",
                "return result",
            ),
        ),
        Right(
            "numpy float",
            code(
                "optimizer.zero_grad(set_to_none=False)",
                FORWARD,
                "loss.backward()",
                "optimizer.step()",
                "return loss.detach().cpu().numpy().item()",
            ),
        ),
        Right(
            "a closure",
            code(
                "def closure():",
                "    optimizer.zero_grad()",
                "    loss = loss_function(network(x), y)",
                "    loss.backward()",
                "    return loss",
                "return optimizer.step(closure).item()",
            ),
        ),
    ),
)

EXERCISES = {
    "to_batch": TO_BATCH,
    "chosen_q": CHOSEN_Q,
    "build_mlp": BUILD_MLP,
    "greedy_action": GREEDY_ACTION,
    "train_step": TRAIN_STEP,
}
EXERCISES = with_more(EXERCISES, lesson_04_more.MORE)
