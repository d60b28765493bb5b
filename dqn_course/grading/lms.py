"""Grades as the files that learning management systems take: one row a student, one column a lesson.

    nbgrader export --exporter=dqn_course.grading.lms.CanvasExporter
    nbgrader export --exporter=dqn_course.grading.lms.MoodleExporter

``--assignment``, ``--student`` and ``--to`` work as with nbgrader's own CSV. Late penalties are taken off. Where
nothing was handed in there is no grade rather than a 0: an early export takes nothing away.
"""

import csv

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Enum, Unicode


class LmsExporter(ExportPlugin):
    """What Canvas and Moodle have in common."""

    file = ""
    no_grade = ""

    def export(self, gradebook):
        """Write the file; say where it is, and what a person should know before uploading it."""
        lessons = wanted(gradebook.assignments, self.assignment, lambda lesson: lesson.name)
        students = wanted(gradebook.students, self.student, lambda student: student.id)
        to = self.to or self.file
        waiting = {}
        with open(to, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows(self.head(lessons))
            for student in students:
                row = self.who(student)
                for lesson in lessons:
                    grade, is_open = points(gradebook, lesson.name, student.id)
                    row.append(self.no_grade if grade is None else plain(grade))
                    waiting[lesson.name] = waiting.get(lesson.name, 0) + is_open
                writer.writerow(row)
        self.log.info("%d students and %d lessons are in %s", len(students), len(lessons), to)
        for lesson, count in waiting.items():
            if count:
                message = "%s: %d submissions wait for a person's grades; their points so far are in the file"
                self.log.warning(message, lesson, count)

    def head(self, lessons):
        """The rows above the students'."""
        raise NotImplementedError

    def who(self, student):
        """The first columns of a student's row."""
        raise NotImplementedError


class CanvasExporter(LmsExporter):
    """For Grades > Import in Canvas.

    Canvas looks for a student by ID (its own number; nbgrader keeps it as ``lms_user_id``), then by SIS ID or login,
    then by name, and for a lesson by the name of its assignment there. It offers to make assignments that it lacks.
    """

    file = "canvas.csv"
    student_is = Enum(
        ["SIS Login ID", "SIS User ID"],
        default_value="SIS Login ID",
        help="What a student's name in submitted/ is in Canvas.",
    ).tag(config=True)
    section = Unicode("", help="The column Section, which Canvas wants to see and does not read.").tag(config=True)

    def head(self, lessons):
        """Canvas's own head: the names of its columns, then what each assignment is worth."""
        names = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        return [
            names + [lesson.name for lesson in lessons],
            ["    Points Possible", "", "", "", "", *(plain(lesson.max_score) for lesson in lessons)],
        ]

    def who(self, student):
        """Name, Canvas's number, SIS number, login, section."""
        names = ", ".join(filter(None, [student.last_name, student.first_name])) or student.id
        by_number = self.student_is == "SIS User ID"
        accounts = [student.id, ""] if by_number else ["", student.id]
        return [names, student.lms_user_id or "", *accounts, self.section]


class MoodleExporter(LmsExporter):
    """For Grades > Import > CSV file in Moodle, with "Map from" Username or Email address.

    Moodle gives a row without an entry in that column to the student above it: map from a column that is full.
    """

    file = "moodle.csv"
    no_grade = "-"

    def head(self, lessons):
        """Columns as in Moodle's own export."""
        names = ["Username", "First name", "Last name", "Email address"]
        return [names + [f"Assignment: {lesson.name}" for lesson in lessons]]

    def who(self, student):
        """Username, first name, last name, address."""
        return [student.id, student.first_name or "", student.last_name or "", student.email or ""]


def wanted(entries, names, name_of):
    """Those of a gradebook's entries that were asked for by name, or all, in the order of their names."""
    chosen = {str(name) for name in names}
    return sorted((entry for entry in entries if not chosen or name_of(entry) in chosen), key=name_of)


def points(gradebook, lesson, student):
    """(points after the late penalty, whether a person has still to grade); (None, False) without a submission."""
    try:
        submission = gradebook.find_submission(lesson, student)
    except MissingEntry:
        return None, False
    return max(0.0, submission.score - (submission.late_submission_penalty or 0)), submission.needs_manual_grade


def plain(number):
    """A number of points without a tail: 7, 6.5, 3.33."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
