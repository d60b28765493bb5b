"""Answers to ``max_of_two_frames``, ``luminance`` and ``resize_84``."""

from mutants import Right, Wrong, code

GREY = code(
    "def grey(x):",
    "    return np.rint(x @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)",
)

MAX_WRONG = (
    Wrong("minimum", "smaller", 0, "return np.minimum(frame, previous)"),
    Wrong("the frame alone", "one_alone", 0, "return frame.copy()"),
    Wrong("the one before", "one_alone", 0, "return previous.copy()"),
    Wrong("sum in uint8", "wrapped_sum", 0, "return frame + previous"),
    Wrong("sum in int", "sum", 0, "return frame.astype(int) + previous"),
    Wrong("sum, clipped", "sum", 0, "return np.clip(frame.astype(int) + previous, 0, 255).astype(np.uint8)"),
    Wrong("saturating sum", "sum", 0, "return cv2.add(frame, previous)"),
    Wrong("mean in uint8", "wrapped_mean", 0, "return (frame + previous) // 2"),
    Wrong("mean in uint8, divided", "wrapped_mean", 0, "return (frame + previous) / 2"),
    Wrong("mean", "mean", 0, "return np.mean([frame, previous], axis=0)"),
    Wrong("mean of halves", "mean", 0, "return frame // 2 + previous // 2"),
    Wrong("signed", "signed", 1.5, "return np.maximum(frame.astype(np.int8), previous.astype(np.int8))"),
    Wrong(
        "signed and back",
        "signed",
        1.5,
        "return np.maximum(frame.astype(np.int8), previous.astype(np.int8)).astype(np.uint8)",
    ),
    Wrong(
        "signed by view", "signed", 1.5, "return np.maximum(frame.view(np.int8), previous.view(np.int8)).view(np.uint8)"
    ),
    Wrong(
        "the brighter pixel",
        "whole_pixel",
        0,
        "brighter = frame.sum(axis=-1) > previous.sum(axis=-1)\nreturn np.where(brighter[..., None], frame, previous)",
    ),
    Wrong(
        "the pixel of larger luminance",
        "whole_pixel",
        0,
        GREY + "\nreturn np.where((grey(frame) >= grey(previous))[..., None], frame, previous)",
    ),
    Wrong("grey first", "grey_first", 0, GREY + "\nreturn np.maximum(grey(frame), grey(previous))"),
    Wrong(
        "mean of colours first",
        "grey_first",
        0,
        "return np.maximum(frame.mean(axis=-1), previous.mean(axis=-1))",
    ),
    Wrong("black is filled", "filled", 0, "return np.where(frame > 0, frame, previous)"),
    Wrong("black is filled by the frame", "filled", 0, "return np.where(previous == 0, frame, previous)"),
    Wrong("difference", "difference", 0, "return np.abs(frame.astype(int) - previous.astype(int))"),
    Wrong("difference in uint8", "difference", 0, "return frame - previous"),
    Wrong("cv2's difference", "difference", 0, "return cv2.absdiff(frame, previous)"),
    Wrong("or", "bits", 0, "return frame | previous"),
    Wrong("largest of all", "one_number", 0, "return max(frame.max(), previous.max())"),
    Wrong("over the colours", "over_colours", 0, "return np.maximum(frame, previous).max(axis=-1)"),
    Wrong("comparison", "comparison", 0, "return frame > previous"),
    Wrong("np.max", "error", 0, "return np.max(frame, previous)"),
    Wrong("Python's max", "error", 0, "return max(frame, previous)"),
    Wrong(
        "loops over 210 x 160",
        "error",
        0,
        code(
            "result = frame.copy()",
            "for y in range(210):",
            "    for x in range(160):",
            "        result[y, x] = np.maximum(frame[y, x], previous[y, x])",
            "return result",
        ),
    ),
    Wrong("both", "wrong_shape", 0, "return np.stack([frame, previous])"),
    Wrong("in place", "input_changed", 1.5, "return np.maximum(frame, previous, out=frame)"),
    Wrong(
        "in place by a mask",
        "input_changed",
        1.5,
        "mask = previous > frame\nframe[mask] = previous[mask]\nreturn frame",
    ),
    Wrong("no return", "wrong_return", 0, "np.maximum(frame, previous)"),
)

MAX_RIGHT = (
    Right("maximum", "return np.maximum(frame, previous)"),
    Right("where", "return np.where(frame > previous, frame, previous)"),
    Right("stack and max", "return np.stack([frame, previous]).max(axis=0)"),
    Right("np.max of both", "return np.max([frame, previous], axis=0)"),
    Right("cv2", "return cv2.max(frame, previous)"),
    Right("torch", "return torch.maximum(torch.from_numpy(frame), torch.from_numpy(previous))"),
    Right("floats", "return np.maximum(frame.astype(float), previous)"),
    Right(
        "loops",
        code(
            "result = frame.copy()",
            "for y in range(frame.shape[0]):",
            "    for x in range(frame.shape[1]):",
            "        for c in range(3):",
            "            result[y, x, c] = max(frame[y, x, c], previous[y, x, c])",
            "return result",
        ),
    ),
    Right("lists", "return np.maximum(frame, previous).tolist()"),
)

Y = "0.299 * frame[..., 0] + 0.587 * frame[..., 1] + 0.114 * frame[..., 2]"

LUMINANCE_WRONG = (
    Wrong("BGR", "bgr", 0, "return np.rint(frame @ np.array([0.114, 0.587, 0.299])).astype(np.uint8)"),
    Wrong("cv2 of BGR", "bgr", 0, "return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)"),
    Wrong(
        "turned round", "bgr", 0, "return np.rint(frame[..., ::-1] @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)"
    ),
    Wrong("mean", "mean", 0, "return frame.mean(axis=-1).round().astype(np.uint8)"),
    Wrong("mean, cut", "mean", 0, "return frame.mean(axis=-1).astype(np.uint8)"),
    Wrong("mean in uint8", "wrapped", 0, "return (frame[..., 0] + frame[..., 1] + frame[..., 2]) // 3"),
    Wrong("sum", "sum", 0, "return frame.sum(axis=-1)"),
    Wrong(
        "percent in uint8",
        "wrapped",
        0,
        "return (30 * frame[..., 0] + 59 * frame[..., 1] + 11 * frame[..., 2]) // 100",
    ),
    Wrong("tenths in uint8", "wrapped", 0, "return (3 * frame[..., 0] + 6 * frame[..., 1] + frame[..., 2]) // 10"),
    Wrong(
        "thousandths in uint8",
        "error",
        0,
        "return (299 * frame[..., 0] + 587 * frame[..., 1] + 114 * frame[..., 2]) // 1000",
    ),
    Wrong("another standard", "other_weights", 0, "return np.rint(frame @ np.array([0.2126, 0.7152, 0.0722]))"),
    Wrong("green and red swapped", "other_order", 0, "return np.rint(frame @ np.array([0.587, 0.299, 0.114]))"),
    Wrong("blue and green swapped", "other_order", 0, "return np.rint(frame @ np.array([0.299, 0.114, 0.587]))"),
    Wrong("brightest", "brightest", 0, "return frame.max(axis=-1)"),
    Wrong("green", "one_colour", 0, "return frame[..., 1]"),
    Wrong("red", "one_colour", 0, "return frame[..., 0]"),
    Wrong(
        "mean of the parts",
        "weighted_mean",
        0,
        "return np.rint((frame * np.array([0.299, 0.587, 0.114])).mean(axis=-1))",
    ),
    Wrong("negative", "inverted", 0, f"return np.rint(255 - ({Y}))"),
    Wrong("luminance removed", "removed", 0, f"return np.rint(frame[..., 0] - ({Y}))"),
    Wrong("a hue", "colour_part", 0, "return cv2.cvtColor(frame, cv2.COLOR_RGB2YUV)[..., 1]"),
    Wrong("from 0 to 1", "scaled", 0, f"return ({Y}) / 255"),
    Wrong("from 0 to 1, cut", "zeros", 0, f"return (({Y}) / 255).astype(np.uint8)"),
    Wrong("weights in uint8", "zeros", 0, "return frame @ np.array([0.299, 0.587, 0.114]).astype(np.uint8)"),
    Wrong("cut", "truncated", 2.5, f"return ({Y}).astype(np.uint8)"),
    Wrong("floor", "truncated", 2.5, f"return np.floor({Y})"),
    Wrong("ceil", "ceiling", 2.5, f"return np.ceil({Y}).astype(np.uint8)"),
    Wrong(
        "each part cut",
        "terms_cut",
        2.5,
        code(
            "r, g, b = frame[..., 0], frame[..., 1], frame[..., 2]",
            "return (r * 0.299).astype(np.uint8) + (g * 0.587).astype(np.uint8) + (b * 0.114).astype(np.uint8)",
        ),
    ),
    Wrong(
        "each part rounded",
        "terms_cut",
        2.5,
        "return np.rint(frame * np.array([0.299, 0.587, 0.114])).sum(axis=-1)",
    ),
    Wrong("not rounded", "not_rounded", 2.5, f"return {Y}"),
    Wrong("one decimal", "not_rounded", 2.5, f"return np.round({Y}, 1)"),
    Wrong("over the rows", "wrong_axis", 0, "return 0.299 * frame[0] + 0.587 * frame[1] + 0.114 * frame[2]"),
    Wrong("weighted, not added", "wrong_shape", 0, "return frame * np.array([0.299, 0.587, 0.114])"),
    Wrong("three times grey", "wrong_shape", 0, f"return np.repeat(np.rint({Y})[..., None], 3, axis=-1)"),
    Wrong("flat", "wrong_shape", 0, "return np.rint(frame.reshape(-1, 3) @ np.array([0.299, 0.587, 0.114]))"),
    Wrong(
        "in place",
        "input_changed",
        2.5,
        f"y = np.rint({Y}).astype(np.uint8)\nframe[...] = y[..., None]\nreturn y",
    ),
    Wrong("no return", "wrong_return", 0, f"np.rint({Y})"),
    Wrong("floats", "not_uint8", 2.5, f"return np.rint({Y})"),
    Wrong(
        "float32 after rounding",
        "not_uint8",
        2.5,
        "return np.dot(frame, [0.299, 0.587, 0.114]).round().astype(np.float32)",
    ),
    Wrong(
        "whole numbers of 8 bytes",
        "not_uint8",
        2.5,
        code(
            "r, g, b = np.moveaxis(frame.astype(int), -1, 0)",
            "return (299 * r + 587 * g + 114 * b + 500) // 1000",
        ),
    ),
    Wrong("a list", "a_list", 2.5, f"return np.rint({Y}).astype(np.uint8).tolist()"),
)

LUMINANCE_RIGHT = (
    Right("matmul", "return np.rint(frame @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)"),
    Right("three parts", f"return np.round({Y}).astype(np.uint8)"),
    Right("half added", f"return ({Y} + 0.5).astype(np.uint8)"),
    Right("cv2", "return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)"),
    Right("dot", "return np.dot(frame, [0.299, 0.587, 0.114]).round().astype(np.uint8)"),
    Right("einsum", "return np.einsum('hwc,c->hw', frame, [0.299, 0.587, 0.114]).round().astype(np.uint8)"),
    Right("float32", "return np.rint(frame.astype('f4') @ np.array([0.299, 0.587, 0.114], 'f4')).astype('uint8')"),
    Right(
        "whole numbers",
        code(
            "r, g, b = np.moveaxis(frame.astype(int), -1, 0)",
            "return ((299 * r + 587 * g + 114 * b + 500) // 1000).astype(np.uint8)",
        ),
    ),
    Right(
        "torch",
        "return (torch.from_numpy(frame).float() @ torch.tensor([0.299, 0.587, 0.114])).round().to(torch.uint8)",
    ),
    Right("(h, w, 1)", f"return np.rint({Y}).astype(np.uint8)[..., None]"),
    Right(
        "loops",
        code(
            "h, w, _ = frame.shape",
            "y = np.zeros((h, w), np.uint8)",
            "for i in range(h):",
            "    for j in range(w):",
            "        r, g, b = frame[i, j]",
            "        y[i, j] = round(0.299 * r + 0.587 * g + 0.114 * b)",
            "return y",
        ),
    ),
)

AREA = "interpolation=cv2.INTER_AREA"

RESIZE_WRONG = (
    Wrong("no way given", "bilinear", 0.5, "return cv2.resize(grey, (84, 84))"),
    Wrong("bilinear", "bilinear", 0.5, "return cv2.resize(grey, (84, 84), interpolation=cv2.INTER_LINEAR)"),
    Wrong("third argument", "bilinear", 0.5, "return cv2.resize(grey, (84, 84), cv2.INTER_AREA)"),
    Wrong("nearest", "nearest", 0.5, "return cv2.resize(grey, (84, 84), interpolation=cv2.INTER_NEAREST)"),
    Wrong(
        "picked",
        "nearest",
        0.5,
        code(
            "h, w = grey.shape",
            "return grey[np.arange(84) * h // 84][:, np.arange(84) * w // 84]",
        ),
    ),
    Wrong("cubic", "cubic", 0.5, "return cv2.resize(grey, (84, 84), interpolation=cv2.INTER_CUBIC)"),
    Wrong("Lanczos", "cubic", 0.5, "return cv2.resize(grey, (84, 84), interpolation=cv2.INTER_LANCZOS4)"),
    Wrong(
        "adaptive pooling",
        "windows",
        0.5,
        "x = torch.from_numpy(grey)[None, None].float()\n"
        "return torch.nn.functional.adaptive_avg_pool2d(x, 84)[0, 0].round().byte().numpy()",
    ),
    Wrong("of 2013", "cropped_2013", 0, f"return cv2.resize(grey, (84, 110), {AREA})[18:102]"),
    Wrong("of 2013, at the bottom", "cropped_2013", 0, f"return cv2.resize(grey, (84, 110), {AREA})[26:]"),
    Wrong("cut out", "cropped", 0, "return grey[:84, :84]"),
    Wrong(
        "cut out of the middle",
        "cropped",
        0,
        "h, w = grey.shape\nreturn grey[(h - 84) // 2 : (h + 84) // 2, (w - 84) // 2 : (w + 84) // 2]",
    ),
    Wrong("a square first", "cropped", 0, f"n = min(grey.shape)\nreturn cv2.resize(grey[:n, :n], (84, 84), {AREA})"),
    Wrong(
        "rows and columns mixed up",
        "reshaped",
        0,
        f"h, w = grey.shape\nreturn cv2.resize(grey.reshape(w, h), (84, 84), {AREA})",
    ),
    Wrong("on its side", "turned", 0, f"return cv2.resize(grey.T, (84, 84), {AREA})"),
    Wrong("turned after", "turned", 0, f"return cv2.resize(grey, (84, 84), {AREA}).T"),
    Wrong("upside down", "upside_down", 0, f"return cv2.resize(grey[::-1], (84, 84), {AREA})"),
    Wrong("from 0 to 1", "scaled", 1.5, f"return cv2.resize(grey / 255, (84, 84), {AREA})"),
    Wrong("110 x 84", "wrong_size", 0, f"return cv2.resize(grey, (84, 110), {AREA})"),
    Wrong("84 x 110", "wrong_size", 0, f"return cv2.resize(grey, (110, 84), {AREA})"),
    Wrong("every second", "wrong_size", 0, "return grey[::2, ::2]"),
    Wrong("as it was", "wrong_size", 0, "return cv2.resize(grey, grey.shape)"),
    Wrong("a batch", "wrong_size", 0, f"return np.stack([cv2.resize(grey, (84, 84), {AREA})] * 4)"),
    Wrong("darker", "wrong_value", 0.5, f"return cv2.resize(grey, (84, 84), {AREA}) // 2"),
    Wrong(
        "in place",
        "input_changed",
        1.5,
        f"small = cv2.resize(grey, (84, 84), {AREA})\ngrey[:84, :84] = small\nreturn small",
    ),
    Wrong("np.resize", "reshaped", 0, "return np.resize(grey, (84, 84))"),
    Wrong("NumPy's reshape", "error", 0, "return grey.reshape(84, 84)"),
    Wrong("no return", "wrong_return", 0, f"cv2.resize(grey, (84, 84), {AREA})"),
    Wrong("floats", "not_uint8", 1.5, f"return cv2.resize(grey.astype(np.float64), (84, 84), {AREA})"),
    Wrong("floats after", "not_uint8", 1.5, f"return cv2.resize(grey, (84, 84), {AREA}).astype(float)"),
    Wrong("without the score", "rows_missing", 0, f"return cv2.resize(grey[25:195], (84, 84), {AREA})"),
    Wrong("without the bottom", "rows_missing", 0, f"return cv2.resize(grey[:-15], (84, 84), {AREA})"),
    Wrong("without an edge", "columns_missing", 0, f"return cv2.resize(grey[:, 8:], (84, 84), {AREA})"),
    Wrong("two numbers", "error", 0, f"return cv2.resize(grey, 84, 84, {AREA})"),
    Wrong("OpenCV left out", "error", 0, "return cv2.resize(grey, (84, 84), interpolation=INTER_AREA)"),
)

RESIZE_RIGHT = (
    Right("area", f"return cv2.resize(grey, (84, 84), {AREA})"),
    Right("floats, rounded", f"return np.rint(cv2.resize(grey.astype(np.float32), (84, 84), {AREA})).astype(np.uint8)"),
    Right("cut", f"return cv2.resize(grey.astype(np.float32), (84, 84), {AREA}).astype(np.uint8)"),
    Right("a number", "return cv2.resize(src=grey, dsize=(84, 84), interpolation=3)"),
    Right("in two steps", f"return cv2.resize(grey, dsize=(84, 84), fx=0, fy=0, {AREA})[..., None]"),
    Right(
        "shares of pixels",
        code(
            "def shares(n):",
            "    edges = np.arange(85) * n / 84",
            "    table = np.zeros((84, n))",
            "    for i in range(84):",
            "        for j in range(n):",
            "            table[i, j] = max(0, min(j + 1, edges[i + 1]) - max(j, edges[i]))",
            "    return table / table.sum(axis=1, keepdims=True)",
            "h, w = grey.shape",
            "return np.rint(shares(h) @ grey @ shares(w).T).astype(np.uint8)",
        ),
    ),
    Right(
        "repeated and averaged",
        code(
            "h, w = grey.shape",
            "big = np.repeat(np.repeat(grey, 84 // np.gcd(84, h), axis=0), 84 // np.gcd(84, w), axis=1)",
            "return big.reshape(84, big.shape[0] // 84, 84, -1).mean(axis=(1, 3)).round().astype(np.uint8)",
        ),
    ),
)
