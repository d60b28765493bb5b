"""nbgrader's settings for this course: run plain ``nbgrader ...`` commands in this folder."""

import os
import warnings

from dqn_course.grading import adapt_nbgrader

adapt_nbgrader()
warnings.filterwarnings("ignore", message="Object of type .* not in session")  # nbgrader's own, harmless

c = get_config()  # noqa: F821  (nbgrader defines it)
here = os.path.dirname(os.path.abspath(__file__))

c.CourseDirectory.root = here
c.CourseDirectory.course_id = "dqn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# Where `release_assignment` puts lessons for other people on the same machine. On a shared server, name a folder
# that everybody can write to.
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", os.path.join(here, "exchange"))

# Only notebooks travel. In solutions/, *.py is the answers. In a submission, model.py is written again by the
# student's own cell, so that neither an old file on the student's disk nor the instructor's can count.
c.CourseDirectory.ignore = [
    *(".*", "*~", "#*#", "*.py", "*.pyc", "__pycache__", "*.mine-*"),
    *("*.pth", "*.pt", "*.safetensors", "*.npz", "*.tmp", "*.mp4", "*.gif", "runs", "images", "feedback"),
]
c.CourseDirectory.max_dir_size = 50_000_000  # kB: nbgrader counts checkpoints too, although they stay behind
c.Autograde.exclude_overwriting = {"06_lunar_lander": ["model.py", "dqn_agent.py"]}

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("Your code here: replace this line.")'}
c.ClearSolutions.text_stub = "*Your answer here: double-click and replace this line.*"

# Seconds. nbgrader's 30, 60 and 4 are too short for a first `import torch` on a busy machine.
c.Execute.timeout = 120
c.Execute.startup_timeout = 180
c.Execute.iopub_timeout = 60

# The pages on which people read submissions, in formgrader and in feedback, have the course's styles, and nothing that
# a student's notebook shows can run in the reader's browser.
c.CSSHTMLHeaderPreprocessor.enabled = False
c.HTMLExporter.preprocessors = ["dqn_course.grading.feedback.FeedbackStyle"]
c.GenerateFeedback.preprocessors = ["nbgrader.preprocessors.GetGrades"]
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = dict.fromkeys(["clean_html", "strip_files_prefix"], "dqn_course.grading.feedback.safe_html")
