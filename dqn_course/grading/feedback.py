"""The pages on which people read a submission: nbgrader's feedback for students, formgrader for instructors.

They get the course's look: hints that unfold, tables with room, and exercises called by name.

Both pages show HTML that a student's code has made, and formgrader shows it in a tab that may start programs on the
instructor's machine. So what a student wrote or showed passes through ``safe_html`` on its way into a page.
"""

import re

import bleach
from nbconvert.filters import strip_files_prefix
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from traitlets import default

CSS = """
summary { display: list-item; cursor: pointer; }  /* the page's own styles hide the triangle of a folded hint */
.rendered_html td, .rendered_html th { padding: 2px 12px 2px 0; text-align: left; vertical-align: top; }
.rendered_html img, .rendered_html video { max-width: 100%; height: auto; }
#toc a::after { content: " " attr(href); }  /* "Test cell" alone does not say which exercise it is */
#notebook img { border: none; }  /* formgrader's is red */
"""

TAGS = {
    *("a", "abbr", "b", "br", "code", "del", "details", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i"),
    *("blockquote", "dd", "dl", "dt", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "s", "samp", "small"),
    *("source", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    *("u", "ul", "var", "video"),
}
ATTRIBUTES = {
    *("align", "alt", "colspan", "controls", "dir", "height", "loop", "muted", "open", "rowspan", "start", "style"),
    *("title", "type", "width"),
}
CLASS = re.compile(r"highlight|anchor-link|dataframe|panel[a-z-]*|[a-z][a-z0-9]{0,2}")  # the last: colours of code
LINK = re.compile(r"https?://|mailto:|#", re.IGNORECASE)
PICTURE = re.compile(r"data:(image|video)/", re.IGNORECASE)
NOT_IN_A_STYLE = re.compile(r"url|image|position|z-index|@|\\|/\*", re.IGNORECASE)


class FeedbackStyle(CSSHTMLHeaderPreprocessor):
    """nbconvert's styles of a page, and the course's after them. Takes the place of nbconvert's own class."""

    @default("style")
    def _colours_of_code(self):
        return "default"  # nbconvert's own choice has JupyterLab's variables, which these pages lack

    def preprocess(self, nb, resources):
        """Put the styles where the page's template looks for them."""
        nb, resources = super().preprocess(nb, resources)
        resources["inlining"]["css"].append(CSS)
        return nb, resources


def safe_html(html):
    """HTML without what could run, load or cover anything: no scripts, no frames, no forms, no foreign pictures."""
    unstyled = re.sub(r"<style\b.*?</style>", "", html, flags=re.DOTALL | re.IGNORECASE)
    cleaned = CLEANER.clean(strip_files_prefix(unstyled))
    return re.sub(r"\\href\b", r"\\text", cleaned)  # MathJax would make a link of any address


def _may_stay(tag, name, value):
    if name == "href":
        return tag == "a" and bool(LINK.match(value.strip()))
    if name == "src":
        return tag in ("img", "video", "source") and bool(PICTURE.match(value.strip()))
    if name == "class":
        return all(map(CLASS.fullmatch, value.split()))
    return name in ATTRIBUTES


class _Style:
    """For bleach: a style stays as it is, or goes."""

    def sanitize_css(self, style):
        return "" if NOT_IN_A_STYLE.search(style) else style


CLEANER = bleach.Cleaner(
    tags=TAGS, attributes=_may_stay, protocols={"http", "https", "mailto", "data"}, strip=True, css_sanitizer=_Style()
)
