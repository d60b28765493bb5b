"""Answers to ``nearest_states`` and ``unlike_pairs``."""

from mutants import Right, Wrong, code


def near(
    distances="((features - features[query]) ** 2).sum(axis=1)",
    itself="distances[query] = np.inf",
    result="distances.argsort()[:k]",
):
    """The solution with one of its parts replaced."""
    return code(f"distances = {distances}", itself, f"return {result}")


NEAREST_WRONG = (
    Wrong("itself first", "itself_first", 2, near(itself="")),
    Wrong("first dropped", "first_dropped", 2, near(itself="", result="distances.argsort(kind='stable')[1 : k + 1]")),
    Wrong("zeros dropped", "zero_dropped", 2, near(itself="distances[distances == 0] = np.inf")),
    Wrong("row deleted", "shifted", 2, near(itself="distances = np.delete(distances, query)")),
    Wrong("k - 1", "one_less", 2, near(result="distances.argsort()[: k - 1]")),
    Wrong("k + 1", "one_more", 2, near(result="distances.argsort()[: k + 1]")),
    Wrong(
        "taken out of k",
        "one_less",
        2,
        near(itself="order = distances.argsort()[:k]", result="order[order != query]"),
    ),
    Wrong("k + 1 with itself", "one_more", 2, near(itself="", result="distances.argsort(kind='stable')[: k + 1]")),
    Wrong("farthest", "farthest", 1.5, near(itself="", result="distances.argsort()[::-1][:k]")),
    Wrong("last k", "farthest", 1.5, near(itself="", result="distances.argsort()[-k:]")),
    Wrong("farthest, itself first", "farthest", 1.5, near(result="distances.argsort()[::-1][:k]")),
    Wrong("partitioned", "partitioned", 1.5, near(result="np.argpartition(distances, k)[:k]")),
    Wrong(
        "partitioned roots",
        "partitioned",
        1.5,
        near("np.linalg.norm(features - features[query], axis=1)", result="np.argpartition(distances, k)[:k]"),
    ),
    Wrong("a list", "not_numpy", 0, near(result="distances.argsort()[:k].tolist()")),
    Wrong("floats", "not_whole", 0, near(result="distances.argsort()[:k].astype(float)")),
    Wrong("farthest first", "farthest_first", 1.5, near(result="distances.argsort()[:k][::-1]")),
    Wrong("sorted by number", "not_sorted", 1.5, near(result="np.sort(distances.argsort()[:k])")),
    Wrong("city blocks", "city_blocks", 1.5, near("np.abs(features - features[query]).sum(axis=1)")),
    Wrong("largest difference", "largest_difference", 1.5, near("np.abs(features - features[query]).max(axis=1)")),
    Wrong("not squared", "not_squared", 1.5, near("(features - features[query]).sum(axis=1)")),
    Wrong("squared too late", "not_squared", 1.5, near("(features - features[query]).sum(axis=1) ** 2")),
    Wrong(
        "cosine",
        "angle",
        1.5,
        near("-(features @ features[query]) / (np.linalg.norm(features, axis=1) + 1e-12)"),
    ),
    Wrong("product", "product", 1.5, near("-(features @ features[query])")),
    Wrong("smallest product", "least_product", 1.5, near("features @ features[query]")),
    Wrong(
        "lengths",
        "length",
        1.5,
        near("np.abs((features**2).sum(axis=1) ** 0.5 - (features[query] ** 2).sum() ** 0.5)"),
    ),
    Wrong(
        "over states",
        "over_states",
        0,
        near("((features - features[query]) ** 2).sum(axis=0)", itself=""),
    ),
    Wrong("over states, with inf", "over_states error", 0, near("((features - features[query]) ** 2).sum(axis=0)")),
    Wrong("distances", "distances", 0, near(result="np.sort(distances)[:k]")),
    Wrong("roots of them", "distances", 0, near(result="np.sqrt(np.sort(distances)[:k])")),
    Wrong("with its own", "distances", 0, near(itself="", result="np.sort(distances)[:k]")),
    Wrong("of state 0", "from_first", 0, near("((features - features[0]) ** 2).sum(axis=1)", "distances[0] = np.inf")),
    Wrong("the next ones", "in_time", 0, "return np.arange(query + 1, query + 1 + k)"),
    Wrong(
        "writes into the features",
        "input_changed",
        2.5,
        code(
            "features[query] += 0", "row = features[query].copy()", "features -= row", near("(features**2).sum(axis=1)")
        ),
    ),
    Wrong("random", "wrong_value", 0, near(result="np.arange(k)[::-1] + (query > k)")),
    Wrong("no return", "wrong_return", 0, near().replace("return ", "result = ")),
)

NEAREST_RIGHT = (
    Right("as in the lesson", near()),
    Right("norm", near("np.linalg.norm(features - features[query], axis=1)")),
    Right(
        "a loop",
        code(
            "found = []",
            "for i, row in enumerate(features):",
            "    if i != query:",
            "        found.append((float(np.sqrt(((row - features[query]) ** 2).sum())), i))",
            "return np.array([i for _, i in sorted(found)[:k]])",
        ),
    ),
    Right("taken out", near(itself="order = distances.argsort()", result="order[order != query][:k]")),
    Right("negative", near(itself="distances[query] = -1", result="distances.argsort()[1 : k + 1]")),
    Right(
        "deleted and shifted back",
        near(
            itself="others = np.delete(np.arange(len(features)), query)",
            result="others[distances[others].argsort()[:k]]",
        ),
    ),
    Right(
        "torch",
        code(
            "table = torch.from_numpy(features).double()",
            "distances = (table - table[query]).pow(2).sum(1)",
            "distances[query] = float('inf')",
            "return distances.topk(k, largest=False).indices.numpy()",
        ),
    ),
)


def unlike(
    same="np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) <= tolerance",
    pixels="pictures.astype(np.float32)",
    amount="np.abs(pixels[i] - pixels[j]).mean()",
    order="np.argsort(-amounts, kind='stable')",
    result="pairs[order[:k]]",
):
    """The solution with one of its parts replaced."""
    return code(
        f"pairs = pairs[{same}]",
        f"pixels = {pixels}",
        f"amounts = np.array([{amount} for i, j in pairs])",
        f"order = {order}",
        f"return {result}",
    )


def whole(axis):
    """All pairs at once, with a mean over ``axis``."""
    return code(
        "i, j = pairs[np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) <= tolerance].T",
        "if not len(i):",
        "    return pairs[:0]",
        f"amounts = np.abs(pictures[i].astype(float) - pictures[j]).mean(axis={axis})",
        "return np.stack([i, j], axis=1)[np.argsort(-amounts)[:k]]",
    )


ALL = "np.ones(len(pairs), bool)"

UNLIKE_WRONG = (
    Wrong("bytes", "wrapped", 2.5, unlike(pixels="pictures")),
    Wrong("bytes, squared", "wrapped", 2.5, unlike(pixels="pictures", amount="((pixels[i] - pixels[j]) ** 2).mean()")),
    Wrong("signed bytes", "wrapped", 2.5, unlike(pixels="pictures.astype(np.int8).astype(int)")),
    Wrong("most alike", "most_alike", 1.5, unlike(order="np.argsort(amounts, kind='stable')")),
    Wrong("least last", "least_last", 1.5, unlike(result="pairs[order[:k]][::-1]")),
    Wrong("last of the sorted", "least_last", 1.5, unlike(order="np.argsort(amounts)[-k:]")),
    Wrong("not sorted", "not_sorted", 1.5, unlike(order="np.arange(len(pairs))")),
    Wrong("cancels", "cancels", 1.5, unlike(amount="(pixels[i] - pixels[j]).mean()")),
    Wrong("brightness", "cancels", 1.5, unlike(amount="abs(pixels[i].mean() - pixels[j].mean())")),
    Wrong("squared", "squared", 1.5, unlike(amount="((pixels[i] - pixels[j]) ** 2).mean()")),
    Wrong("norm", "squared", 1.5, unlike(amount="np.linalg.norm(pixels[i] - pixels[j])")),
    Wrong("strongest pixel", "strongest_pixel", 1.5, unlike(amount="np.abs(pixels[i] - pixels[j]).max()")),
    Wrong("counted", "counted", 1.5, unlike(amount="(pixels[i] != pixels[j]).sum()")),
    Wrong("any value", "any_value", 2, unlike(same=ALL)),
    Wrong("other value", "other_value", 2, unlike("np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) > tolerance")),
    Wrong("one-sided", "one_sided", 2, unlike("values[pairs[:, 0]] - values[pairs[:, 1]] <= tolerance")),
    Wrong("other side", "one_sided", 2, unlike("values[pairs[:, 1]] - values[pairs[:, 0]] <= tolerance")),
    Wrong("strict", "strict", 2, unlike("np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) < tolerance")),
    Wrong("equal", "equal", 2, unlike("values[pairs[:, 0]] == values[pairs[:, 1]]")),
    Wrong(
        "chosen first",
        "chosen_first",
        2,
        code(
            unlike(same=ALL).replace("return ", "pairs = "),
            "return pairs[np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) <= tolerance]",
        ),
    ),
    Wrong(
        "row numbers",
        "row_numbers",
        0,
        code(
            "rows = np.flatnonzero(np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) <= tolerance)",
            "pixels = pictures.astype(float)",
            "amounts = np.array([np.abs(pixels[i] - pixels[j]).mean() for i, j in pairs[rows]])",
            "return rows[np.argsort(-amounts, kind='stable')[:k]]",
        ),
    ),
    Wrong("row numbers of those left", "row_numbers", 0, unlike(result="order[:k]")),
    Wrong("amounts", "amounts", 0, unlike(result="amounts[order[:k]]")),
    Wrong("one mean", "one_mean", 1.5, whole("None")),
    Wrong("mean of one side", "half_mean error", 0, whole("1")),
    Wrong("a condition of two columns", "error", 0, unlike("np.abs(np.diff(values[pairs], axis=1)) <= tolerance")),
    Wrong(
        "84 x 84",
        "error",
        0,
        unlike(pixels="pictures.reshape(len(pictures), 84 * 84).astype(np.float32)"),
    ),
    Wrong(
        "rows of all",
        "rows_of_all",
        2,
        code("whole = pairs", unlike(result="whole[order[:k]]")),
    ),
    Wrong("all pairs", "all_pairs", 1.5, unlike(result="pairs[order]")),
    Wrong("first states", "first_states", 0, unlike(result="pairs[order[:k], 0]")),
    Wrong("turned", "turned", 0, unlike(result="pairs[order[:k]].T")),
    Wrong(
        "sorts the table",
        "input_changed",
        2.5,
        code("given = pairs", unlike().replace("return ", "result = "), "given.sort(axis=0)", "return result"),
    ),
    Wrong("rows instead of columns", "error", 0, unlike("np.abs(values[pairs[0]] - values[pairs[1]]) <= tolerance")),
    Wrong("doubled", "wrong_value", 0, unlike(result="pairs[order[:k]] * 2")),
    Wrong("no return", "wrong_return", 0, unlike().replace("return ", "result = ")),
)

UNLIKE_RIGHT = (
    Right("as in the lesson", unlike()),
    Right("whole numbers", unlike(pixels="pictures.astype(int)", amount="np.abs(pixels[i] - pixels[j]).sum()")),
    Right(
        "no loop",
        code(
            "i, j = pairs.T",
            "keep = np.isclose(values[i], values[j], rtol=0, atol=tolerance)",
            "i, j = i[keep], j[keep]",
            "u = np.abs(pictures[i].astype(np.int16) - pictures[j]).mean(axis=(1, 2))",
            "return np.stack([i, j], axis=1)[u.argsort()[::-1][:k]]",
        ),
    ),
    Right(
        "sorted with a key",
        code(
            "def difference(pair):",
            "    a, b = pictures[pair[0]].astype(float), pictures[pair[1]].astype(float)",
            "    return abs(a - b).mean()",
            "good = [pair for pair in pairs if abs(values[pair[0]] - values[pair[1]]) <= tolerance]",
            "return sorted(good, key=difference, reverse=True)[:k]",
        ),
    ),
    Right(
        "torch",
        code(
            "pixels = torch.from_numpy(pictures).float()",
            "found = []",
            "for row, (i, j) in enumerate(pairs.tolist()):",
            "    if abs(float(values[i]) - float(values[j])) <= tolerance:",
            "        found.append((-(pixels[i] - pixels[j]).abs().mean().item(), row))",
            "return pairs[[row for _, row in sorted(found)[:k]]]",
        ),
    ),
)
