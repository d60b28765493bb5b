"""Rows of text that a notebook shows as a table and a terminal as columns."""


class Table:
    """A table; the last line of a cell shows it.

    head: the columns' names. rows: tuples of text. align: "left", or "right" for all columns but a terminal's first.
    """

    def __init__(self, head, rows, align="right"):
        self.head, self.rows, self.align = head, rows, align

    def __repr__(self):
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        pads = (str.ljust, *[str.ljust if self.align == "left" else str.rjust] * (len(self.head) - 1))
        return "\n".join(
            "  ".join(pad(cell, width) for pad, cell, width in zip(pads, line, widths)).rstrip() for line in lines
        )

    def _repr_html_(self):
        style = " style='text-align:left'" if self.align == "left" else ""  # a notebook aligns to the right

        def row(cells, tag):
            return f"<tr>{''.join(f'<{tag}{style}>{cell}</{tag}>' for cell in cells)}</tr>"

        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table><thead>{row(self.head, 'th')}</thead><tbody>{body}</tbody></table>"
