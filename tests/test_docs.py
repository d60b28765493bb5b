"""What the pages say holds: links lead somewhere, the glossary is in order and true to the lessons."""

import json
import re

import pytest

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ENTRY = re.compile(r"^- \*\*(.+?)\*\*(.*?)\((\d+)\)$", re.MULTILINE | re.DOTALL)


def lessons(root):
    return sorted(root.glob("notebooks/[0-9][0-9]_*/*.ipynb"))


def prose(notebook):
    """The text of a notebook, without code, also that between backticks."""
    cells = json.loads(notebook.read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def entries(root):
    text = (root / "docs" / "glossary.md").read_text().split("## Terms")[1]
    return ENTRY.findall(text)


def test_every_link_of_the_lessons_and_pages_leads_to_a_file(root):
    pages = [root / "README.md", *root.glob("docs/*.md"), *lessons(root)]
    for page in pages:
        text = prose(page) if page.suffix == ".ipynb" else page.read_text()
        for target in LINK.findall(text):
            if "://" not in target and not target.startswith("data:"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_glossary_is_in_order_and_has_no_term_twice(root):
    terms = [term.lower() for term, *_ in entries(root)]
    assert len(terms) > 70
    assert terms == sorted(set(terms))


def test_the_lesson_that_the_glossary_names_uses_the_word(root):
    texts = {path.stem[:2]: re.sub(r"(\s|\\\\n)+", " ", path.read_text()).lower() for path in lessons(root)}
    for term, _, lesson in entries(root):
        words = [word.strip().lower() for word in re.split(r",|/| of a ", term)]
        text = texts[f"{int(lesson):02}"]
        assert any(word in text or word.replace("-", " ") in text for word in words), f"{term} in lesson {lesson}"


@pytest.mark.parametrize("lesson", ["00", "01", "02", "03", "04", "05", "06", "08", "09", "10", "11"])
def test_a_lesson_links_the_glossary(root, lesson):
    (notebook,) = (path for path in lessons(root) if path.stem.startswith(lesson))
    assert "(../../docs/glossary.md)" in prose(notebook)
