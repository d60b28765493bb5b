"""The look of nbgrader's feedback pages: hints that unfold, tables with room, and exercises called by name."""

from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

CSS = """
summary { display: list-item; cursor: pointer; }  /* the page's own styles hide the triangle of a folded hint */
.rendered_html td, .rendered_html th { padding: 2px 12px 2px 0; text-align: left; vertical-align: top; }
.rendered_html img, .rendered_html video { max-width: 100%; height: auto; }
#toc a::after { content: " " attr(href); }  /* "Test cell" alone does not say which exercise it is */
"""


class FeedbackStyle(Preprocessor):
    """Adds the course's styles to a feedback page."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb, resources):
        """Append the styles to those that nbconvert writes into the page."""
        resources.setdefault("inlining", {}).setdefault("css", []).append(CSS)
        return nb, resources
