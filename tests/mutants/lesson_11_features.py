"""Answers to ``hidden_features``."""

from mutants import Right, Wrong, code


def layers(
    loop="for start in range(0, len(states), batch_size):",
    batch="torch.from_numpy(states[start : start + batch_size])",
    scale=" / 255",
    layer="F.relu(layer(x))",
    last="F.relu(network.fc1(x.flatten(1)))",
    keep="parts.append({})",
    grad="with torch.no_grad():",
    result="torch.cat(parts).numpy()",
):
    """The solution that goes through the layers, with one of its parts replaced."""
    return code(
        "parts = []",
        grad,
        f"    {loop}",
        f"        x = {batch}{scale}",
        "        for layer in (network.conv1, network.conv2, network.conv3):",
        f"            x = {layer}",
        f"        {keep.format(last)}",
        f"return {result}",
    )


def hook(
    register="network.fc2.register_forward_hook(lambda layer, inputs, output: heard.append(inputs[0]))",
    batch="torch.from_numpy(states[start : start + batch_size])",
    before="",
    after="hook.remove()",
    grad="with torch.no_grad():",
    result="torch.cat(heard).numpy()",
):
    """The solution that listens."""
    return code(
        "heard = []",
        f"hook = {register}",
        grad,
        "    for start in range(0, len(states), batch_size):",
        f"        network({batch})",
        after,
        f"return {result}",
    )


WRONG = (
    Wrong("before the ReLU", "before_relu", 2.0, layers(last="network.fc1(x.flatten(1))")),
    Wrong(
        "hook on fc1",
        "before_relu",
        2.0,
        hook("network.fc1.register_forward_hook(lambda layer, inputs, output: heard.append(output))"),
    ),
    Wrong("one layer too early", "conv_maps", 2.0, layers(last="x.flatten(1)")),
    Wrong("maps as they are", "conv_grid", 2.0, layers(last="x")),
    Wrong("one layer too late", "q_values", 2.0, layers(last="network.fc2(F.relu(network.fc1(x.flatten(1))))")),
    Wrong(
        "what the network says",
        "q_values",
        2.0,
        hook("network.fc2.register_forward_hook(lambda layer, inputs, output: heard.append(output))"),
    ),
    Wrong("not divided", "not_divided", 2.0, layers(scale=".float()")),
    Wrong(
        "divided twice", "divided_twice", 2.0, hook(batch="torch.from_numpy(states[start : start + batch_size]) / 255")
    ),
    Wrong("no ReLU between", "no_relu", 2.0, layers(layer="layer(x)")),
    Wrong(
        "no last ReLU",
        "no_relu_once",
        2.0,
        code(
            "with torch.no_grad():",
            "    parts = []",
            "    for x in torch.from_numpy(states).split(batch_size):",
            "        x = network.conv3(F.relu(network.conv2(F.relu(network.conv1(x / 255)))))",
            "        parts.append(F.relu(network.fc1(x.flatten(1))))",
            "return torch.cat(parts).numpy()",
        ),
    ),
    Wrong("no ReLU at all", "no_relu", 2.0, layers(layer="layer(x)", last="network.fc1(x.flatten(1))")),
    Wrong("on or off", "on_off", 2.0, layers(last="(F.relu(network.fc1(x.flatten(1))) > 0).float()")),
    Wrong("of length 1", "scaled", 2.0, layers(last="F.normalize(F.relu(network.fc1(x.flatten(1))))")),
    Wrong("tanh", "wrong", 0, layers(last="torch.tanh(network.fc1(x.flatten(1)))")),
    Wrong("return in the loop", "first_batch", 3.5, layers(keep="return {}.numpy()")),
    Wrong(
        "first batch",
        "first_batch",
        3.5,
        layers(loop="for start in [0]:"),
    ),
    Wrong("last batch", "last_batch", 3.5, layers(keep="parts = [{}]")),
    Wrong(
        "rest dropped",
        "rest_dropped error",
        0,
        layers(loop="for start in range(0, len(states) - batch_size + 1, batch_size):"),
    ),
    Wrong("one dropped", "rest_dropped error", 1.5, layers(loop="for start in range(0, len(states) - 1, batch_size):")),
    Wrong("a list", "not_joined list_of_batches", 0, layers(result="[part.numpy() for part in parts]")),
    Wrong("side by side", "sideways error", 0, layers(result="torch.cat(parts, dim=1).numpy()")),
    Wrong("stacked", "not_joined error", 0, layers(result="torch.stack(parts).numpy()")),
    Wrong("transposed", "transposed", 3.5, layers(result="torch.cat(parts).numpy().T")),
    Wrong("reversed", "order", 3.5, layers(result="torch.cat(parts).numpy()[::-1].copy()")),
    Wrong("squeezed", "squeezed", 3.5, layers(result="torch.cat(parts).numpy().squeeze()")),
    Wrong("mean", "mean", 3.5, layers(result="torch.cat(parts).numpy().mean(axis=0)")),
    Wrong(
        "all at once",
        "at_once",
        3.5,
        layers(loop="for start in [0]:", batch="torch.from_numpy(states)"),
    ),
    Wrong(
        "one by one",
        "one_by_one",
        3.5,
        layers(loop="for start in range(len(states)):", batch="torch.from_numpy(states[start : start + 1])"),
    ),
    Wrong("detached", "graph", 3.5, layers(grad="if True:", result="torch.cat(parts).detach().numpy()")),
    Wrong("with its graph", "graph not_numpy", 3, layers(grad="if True:", result="torch.cat(parts)")),
    Wrong("a tensor", "not_numpy", 3.5, layers(result="torch.cat(parts)")),
    Wrong("a list of rows", "not_numpy", 3.5, layers(result="[row.numpy() for part in parts for row in part]")),
    Wrong("numpy of a graph", "error", 0, layers(grad="if True:")),
    Wrong("hook stays", "hook_left", 3.5, hook(after="")),
    Wrong(
        "last layer taken out",
        "network_changed",
        3.5,
        code(
            "network.fc2 = torch.nn.Identity()",
            "with torch.no_grad():",
            "    return np.concatenate([network(torch.from_numpy(part)).numpy()",
            "        for part in np.split(states, range(batch_size, len(states), batch_size))])",
        ),
    ),
    Wrong("doubled", "network_changed", 3.5, code("network.requires_grad_(False)", layers())),
    Wrong("not divided, not floats", "error", 0, layers(scale="")),
    Wrong("not flattened", "error", 0, layers(last="F.relu(network.fc1(x))")),
    Wrong("the batch too", "error", 0, layers(last="F.relu(network.fc1(x.flatten()))")),
    Wrong("NumPy into the network", "error", 0, hook(batch="states[start : start + batch_size]")),
    Wrong(
        "the tuple of inputs",
        "error",
        0,
        hook("network.fc2.register_forward_hook(lambda layer, inputs, output: heard.append(inputs))"),
    ),
    Wrong("NumPy into a layer", "error", 0, layers(batch="states[start : start + batch_size]")),
    Wrong(
        "the course's own method",
        "error",
        0,
        code("with torch.no_grad():", "    return network.hidden_features(torch.from_numpy(states)).numpy()"),
    ),
    Wrong("no return", "wrong_return", 0, layers().replace("return ", "result = ")),
)

RIGHT = (
    Right("through the layers", layers()),
    Right("with a hook", hook()),
    Right(
        "a hook before fc2",
        hook("network.fc2.register_forward_pre_hook(lambda layer, inputs: heard.append(inputs[0]))"),
    ),
    Right(
        "a hook on fc1 and a ReLU",
        hook("network.fc1.register_forward_hook(lambda layer, inputs, output: heard.append(F.relu(output)))"),
    ),
    Right(
        "split and inference mode",
        code(
            "def features(x):",
            "    x = x.float().div(255)",
            "    x = network.conv3(network.conv2(network.conv1(x).relu()).relu()).relu()",
            "    return network.fc1(torch.flatten(x, start_dim=1)).clamp(min=0)",
            "with torch.inference_mode():",
            "    return torch.cat([features(part) for part in torch.from_numpy(states).split(batch_size)]).numpy()",
        ),
    ),
    Right(
        "an array that is filled",
        code(
            "result = np.zeros((len(states), network.fc2.in_features), np.float32)",
            "for start in range(0, len(states), batch_size):",
            "    with torch.no_grad():",
            "        x = torch.tensor(states[start : start + batch_size], dtype=torch.float32) / 255",
            "        for layer in [network.conv1, network.conv2, network.conv3]:",
            "            x = torch.relu(layer(x))",
            "        x = torch.relu(network.fc1(x.reshape(len(x), -1)))",
            "    result[start : start + len(x)] = x",
            "return result",
        ),
    ),
    Right(
        "last layer taken out and put back",
        code(
            "last, network.fc2 = network.fc2, torch.nn.Identity()",
            "with torch.no_grad():",
            "    parts = [network(part) for part in torch.from_numpy(states).split(batch_size)]",
            "network.fc2 = last",
            "return np.concatenate([part.numpy() for part in parts])",
        ),
    ),
    Right(
        "smaller batches",
        layers(
            loop="for start in range(0, len(states), max(2, batch_size - 1)):",
            batch="torch.from_numpy(states[start : start + max(2, batch_size - 1)])",
        ),
    ),
)
