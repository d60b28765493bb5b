"""Answers to exercise 9.2, ``NatureQNetwork``: the solutions of ``__init__`` and of ``forward``."""

from mutants import Right, Wrong, code

CONV1 = "self.conv1 = nn.Conv2d(4, 32, kernel_size=8, stride=4)"
CONV2 = "self.conv2 = nn.Conv2d(32, 64, kernel_size=4, stride=2)"
CONV3 = "self.conv3 = nn.Conv2d(64, 64, kernel_size=3, stride=1)"
FC1, FC2 = "self.fc1 = nn.Linear(64 * 7 * 7, 512)", "self.fc2 = nn.Linear(512, n_actions)"
X0, X1, X2 = "x = frames / 255", "x = F.relu(self.conv1(x))", "x = F.relu(self.conv2(x))"
X3, X4, X5 = "x = F.relu(self.conv3(x))", "x = F.relu(self.fc1(x.flatten(1)))", "return self.fc2(x)"


def layers(conv1=CONV1, conv2=CONV2, conv3=CONV3, fc1=FC1, fc2=FC2):
    return code(conv1, conv2, conv3, fc1, fc2)


def forward(x0=X0, x1=X1, x2=X2, x3=X3, x4=X4, x5=X5):
    return code(x0, x1, x2, x3, x4, x5)


LAYERS, FORWARD = layers(), forward()

WRONG = (
    Wrong("bytes as they are", "not_divided", 3.5, (LAYERS, forward("x = frames.float()"))),
    Wrong("divided by 256", "divided_by_256", 3.5, (LAYERS, forward("x = frames / 256"))),
    Wrong("divided twice", "divided_twice", 3.5, (LAYERS, forward("x = frames / 255 / 255"))),
    Wrong("whole division", "whole_division", 3.5, (LAYERS, forward("x = (frames // 255).float()"))),
    Wrong("-1 to 1", "centred", 3.5, (LAYERS, forward("x = frames / 127.5 - 1"))),
    Wrong("newest first", "input_reversed", 3.5, (LAYERS, forward("x = frames.flip(1) / 255"))),
    Wrong("no ReLU after the first", "no_relu", 3, (LAYERS, forward(x1="x = self.conv1(x)"))),
    Wrong("no ReLU after the third", "no_relu", 3, (LAYERS, forward(x3="x = self.conv3(x)"))),
    Wrong("no ReLU after the hidden layer", "no_relu", 3, (LAYERS, forward(x4="x = self.fc1(x.flatten(1))"))),
    Wrong("no ReLU in two places", "no_relu", 3, (LAYERS, forward(x2="x = self.conv2(x)", x3="x = self.conv3(x)"))),
    Wrong("no ReLU at all", "no_relu_at_all", 3, (LAYERS, forward(
        X0, "x = self.conv1(x)", "x = self.conv2(x)", "x = self.conv3(x)", "x = self.fc1(x.flatten(1))"))),
    Wrong("no ReLU and bytes", "no_relu not_divided", 2.5,
          (LAYERS, forward("x = frames.float()", x3="x = self.conv3(x)"))),
    Wrong("tanh", "other_activation", 3, (LAYERS, FORWARD.replace("F.relu", "torch.tanh"))),
    Wrong("ReLU at the end", "relu_at_end", 3, (LAYERS, forward(x5="return F.relu(self.fc2(x))"))),
    Wrong("softmax at the end", "softmax_at_end", 3, (LAYERS, forward(x5="return F.softmax(self.fc2(x), dim=1)"))),
    Wrong("sigmoid at the end", "sigmoid_at_end", 3, (LAYERS, forward(x5="return torch.sigmoid(self.fc2(x))"))),
    Wrong("tanh at the end", "tanh_at_end", 3, (LAYERS, forward(x5="return torch.tanh(self.fc2(x))"))),
    Wrong("argmax", "shape no_gradient", 2, (LAYERS, forward(x5="return self.fc2(x).argmax(1)"))),
    Wrong("stride 2 in the first", "conv_stride", 0,
          (layers("self.conv1 = nn.Conv2d(4, 32, kernel_size=8, stride=2)"), FORWARD)),
    Wrong("strides forgotten", "conv_stride", 0, (layers("self.conv1 = nn.Conv2d(4, 32, 8)"), FORWARD)),
    Wrong("padding", "conv_padding", 0,
          (layers(conv3="self.conv3 = nn.Conv2d(64, 64, kernel_size=3, padding=1)"), FORWARD)),
    Wrong("padding, and sizes to match", "conv_padding", 3,
          (layers(conv3="self.conv3 = nn.Conv2d(64, 64, 3, padding=1)", fc1="self.fc1 = nn.Linear(64 * 9 * 9, 512)"),
           FORWARD)),
    Wrong("16 filters", "conv_filters", 3,
          (layers("self.conv1 = nn.Conv2d(4, 16, 8, 4)", "self.conv2 = nn.Conv2d(16, 64, 4, 2)"), FORWARD)),
    Wrong("the network of 2013", "conv_count hidden_size", 2,
          (code("self.conv1 = nn.Conv2d(4, 16, 8, 4)", "self.conv2 = nn.Conv2d(16, 32, 4, 2)",
                "self.fc1 = nn.Linear(32 * 9 * 9, 256)", "self.fc2 = nn.Linear(256, n_actions)"),
           code(X0, X1, X2, X4, X5))),
    Wrong("kernel 4 in the third", "conv_kernel", 3,
          (layers(conv3="self.conv3 = nn.Conv2d(64, 64, 4, 1)", fc1="self.fc1 = nn.Linear(64 * 6 * 6, 512)"), FORWARD)),
    Wrong("hidden layer of 256", "hidden_size", 3.5,
          (layers(fc1="self.fc1 = nn.Linear(3136, 256)", fc2="self.fc2 = nn.Linear(256, n_actions)"), FORWARD)),
    Wrong("a second hidden layer", "linear_count", 3.5,
          (code(LAYERS, "self.fc3 = nn.Linear(512, 512)"), forward(x5="return self.fc2(F.relu(self.fc3(x)))"))),
    Wrong("four outputs", "outputs", 3.5, (layers(fc2="self.fc2 = nn.Linear(512, 4)"), FORWARD)),
    Wrong("one output", "outputs", 3.5, (layers(fc2="self.fc2 = nn.Linear(512, 1)"), FORWARD)),
    Wrong("no bias", "no_bias", 3.5,
          (layers("self.conv1 = nn.Conv2d(4, 32, 8, 4, bias=False)", "self.conv2 = nn.Conv2d(32, 64, 4, 2, bias=False)",
                  "self.conv3 = nn.Conv2d(64, 64, 3, 1, bias=False)"), FORWARD)),
    Wrong("channels last", "channels_last", 0,
          (layers("self.conv1 = nn.Conv2d(84, 32, 8, 4)"), FORWARD)),
    Wrong("3136 miscounted", "features", 0, (layers(fc1="self.fc1 = nn.Linear(64 * 9 * 9, 512)"), FORWARD)),
    Wrong("bytes into the convolution", "bytes", 0, (LAYERS, forward("x = frames"))),
    Wrong("flattened with the batch", "batch_flattened", 0, (LAYERS, forward(x4="x = F.relu(self.fc1(x.flatten()))"))),
    Wrong("rows mixed", "rows_mixed", 3.5,
          (LAYERS, forward(x4="x = F.relu(self.fc1(x.permute(1, 2, 3, 0).reshape(-1, 3136)))"))),
    Wrong("squeezed", "shape", 3.5, (LAYERS, forward(x5="return self.fc2(x).squeeze(0)"))),
    Wrong("no gradient", "no_gradient", 3.5,
          (LAYERS, code("with torch.no_grad():", *("    " + line for line in FORWARD.splitlines())))),
    Wrong("detached in the middle", "not_reached", 3.5, (LAYERS, forward(x4=code("x = x.detach()", X4)))),
    Wrong("layers in a list", "not_registered", 3.5,
          (code(*(f"{line}" for line in layers().replace("self.conv1 =", "conv1 =").splitlines()),
                "self.first = [conv1]"), forward(x1="x = F.relu(self.first[0](x))"))),
    Wrong("frozen", "frozen", 3.5, (code(LAYERS, "self.conv1.requires_grad_(False)"), FORWARD)),
    Wrong("last layer starts at zero", "zero_start", 3.5, (code(LAYERS, "nn.init.zeros_(self.fc2.weight)"), FORWARD)),
    Wrong("seed fixed", "seed_fixed", 3.5, (LAYERS, FORWARD),
          changes=(("torch.manual_seed(seed)", "torch.manual_seed(0)"),)),
    Wrong("seed not used", "seed_ignored", 3.5, (LAYERS, FORWARD), changes=(("torch.manual_seed(seed)", ""),)),
    Wrong("frames changed", "input_changed", 3.5, (LAYERS, forward(code(X0, "frames.zero_()")))),
    Wrong("not returned", "wrong_return", 0, (LAYERS, forward(x5="self.fc2(x)"))),
    Wrong("no layers", "error", 0, ("pass", FORWARD)),
)  # fmt: skip

SEQUENCE = code(
    "self.layers = nn.Sequential(",
    "    nn.Conv2d(4, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(),",
    "    nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, n_actions),",
    ")",
)
RIGHT = (
    Right("Sequential", (SEQUENCE, "return self.layers(frames.float() / 255.0)")),
    Right("times 1/255, in place", (SEQUENCE.replace("nn.ReLU()", "nn.ReLU(inplace=True)"),
                                    "return self.layers(frames.to(torch.float32).mul_(1 / 255))")),
    Right("two halves", (code("self.eyes = nn.ModuleList([nn.Conv2d(4, 32, 8, 4), nn.Conv2d(32, 64, 4, 2), "
                              "nn.Conv2d(64, 64, 3)])", "self.hidden = nn.Linear(3136, 512)",
                              "self.values = nn.Linear(512, n_actions)"),
                         code("x = frames.float().div(255)", "for eye in self.eyes:", "    x = eye(x).clamp(min=0)",
                              "x = torch.relu(self.hidden(x.view(len(x), -1)))", "return self.values(x)"))),
    Right("channels last in the flattening", (LAYERS, forward(
        x4="x = F.relu(self.fc1(x.permute(0, 2, 3, 1).flatten(1)))"))),
    Right("own first weights", (code(LAYERS, "for layer in (self.conv1, self.conv2, self.conv3, self.fc1, self.fc2):",
                                     "    nn.init.kaiming_uniform_(layer.weight)", "    nn.init.zeros_(layer.bias)"),
                                FORWARD)),
    Right("a list, spread out", (code("sizes = [(4, 32, 8, 4), (32, 64, 4, 2), (64, 64, 3, 1)]", "layers = []",
                                      "for size in sizes:", "    layers += [nn.Conv2d(*size), nn.ReLU()]",
                                      "self.body = nn.Sequential(*layers, nn.Flatten())",
                                      "self.head = nn.Sequential(nn.LazyLinear(512), nn.ReLU(), "
                                      "nn.Linear(512, n_actions))",
                                      "self.head(self.body(torch.zeros(1, 4, 84, 84)))"),
                                 "return self.head(self.body(frames / 255))")),
)  # fmt: skip
