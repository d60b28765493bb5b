"""nbgrader's settings for this course: run plain ``nbgrader ...`` commands in this folder."""

import os

from dqn_course.grading import adapt_nbgrader

adapt_nbgrader()
c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# Only notebooks travel. In solutions/, *.py is the answers. In a submission, model.py is written again by the
# student's own cell, so that neither an old file on the student's disk nor the instructor's can count.
c.CourseDirectory.ignore = [
    *(".*", "*~", "#*#", "*.py", "*.pyc", "__pycache__"),
    *("*.pth", "*.pt", "*.safetensors", "*.npz", "*.tmp", "*.mp4", "*.gif", "runs", "images", "feedback"),
    "*.mine-*",
]
c.Autograde.exclude_overwriting = {"06_lunar_lander": ["model.py", "dqn_agent.py"]}

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("Your code here: replace this line.")'}
c.ClearSolutions.text_stub = "*Your answer here: double-click and replace this line.*"

# A first `import torch` on a busy machine takes longer than nbgrader's 30 s, 60 s and 4 s.
c.Execute.timeout = 120
c.Execute.startup_timeout = 180
c.Execute.iopub_timeout = 60
