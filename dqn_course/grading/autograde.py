"""``nbgrader autograde``, with every submission in a sandbox of its own, several at once, judged outside.

nbgrader's own converter still does what it is good at: it makes the students and submissions in the gradebook, stores
grades, late penalties and comments, and writes ``autograded/``. It gets a repaired notebook and finished outputs, in a
scratch folder; what it wrote is moved into place when all of it is done, so that a run can be stopped at any moment.
"""

import contextlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, MissingEntry
from nbgrader.converters import NbGraderException
from nbgrader.converters.autograde import Autograde
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import determine_grade
from tqdm import tqdm
from traitlets import Bool, Integer, List, Unicode

from dqn_course import executors
from dqn_course.grading import intake, marking, report
from dqn_course.grading.sandbox import Limits, SandboxError, try_wall

DEFAULTS = Limits()


class SaveGrades(SaveAutoGrades):
    """Stock nbgrader's, but it asks the gradebook once a notebook, not twice a cell."""

    def preprocess(self, notebook, resources):
        """Store what every graded cell shows."""
        where = resources["nbgrader"]
        names = where["notebook"], where["assignment"], where["student"]
        self.notebook_id, self.assignment_id, self.student_id = names
        with Gradebook(where["db_url"]) as gradebook:
            stored = gradebook.find_submission_notebook(*names)
            grades, comments = (
                dict(gradebook.db.query(BaseCell.name, kind).join(kind.cell).filter(kind.notebook_id == stored.id))
                for kind in (Grade, Comment)
            )
            self.gradebook = SimpleNamespace(
                find_grade=lambda name, *_: grades[name],
                find_comment=lambda name, *_: comments[name],
                db=SimpleNamespace(commit=lambda: None),
            )
            notebook, resources = NbGraderPreprocessor.preprocess(self, notebook, resources)
            gradebook.db.commit()
        return notebook, resources


class LatePenalties(AssignLatePenalties):
    """Stock nbgrader's, but a penalty that a person has put into the gradebook stays when a submission is graded anew.

    Where nbgrader is set to give penalties itself, it gives them anew each time.
    """

    def preprocess(self, notebook, resources):
        """Assign the penalty, or keep the one that is there."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            gradebook.db.expire_all()  # the score is a sum of what has just been stored
            names = where["notebook"], where["assignment"], where["student"]
            before = gradebook.find_submission_notebook(*names).late_submission_penalty
            notebook, resources = super().preprocess(notebook, resources)
            plugin = self.plugin_inst
            by_hand = type(plugin) is LateSubmissionPlugin and plugin.penalty_method == "none"
            if before and by_hand:
                stored = gradebook.find_submission_notebook(*names)
                stored.late_submission_penalty = min(before, stored.score)
                gradebook.db.commit()
        return notebook, resources


class SandboxedAutograde(Autograde):
    """See the module. Every limit is a setting: ``c.SandboxedAutograde.cell_seconds = 120``."""

    sandbox = Bool(True, help="Run submissions in bubblewrap. False runs them with your rights: only in a container.")
    workers = Integer(0, help="Submissions that run at once; 0 is one for each processor.")
    executor = Unicode("local", help='Where submissions run: "local", or "dask" for a cluster of dask.distributed.')
    scheduler = Unicode("", help='The address of the Dask scheduler, for example "tcp://10.0.0.5:8786".')
    cell_seconds = Integer(DEFAULTS.cell_seconds, help="Wall time of one cell, or of one check.")
    notebook_seconds = Integer(DEFAULTS.notebook_seconds, help="Wall time of a whole submission.")
    cpu_seconds = Integer(DEFAULTS.cpu_seconds, help="Processor time of a submission.")
    memory_mb = Integer(DEFAULTS.memory_mb, help="Memory of all processes of a submission together.")
    data_mb = Integer(DEFAULTS.data_mb, help="Memory that one process may reserve, used or not.")
    processes = Integer(DEFAULTS.processes, help="Processes and threads of a submission.")
    file_mb = Integer(DEFAULTS.file_mb, help="Size of one file that a submission writes.")
    scratch_mb = Integer(DEFAULTS.scratch_mb, help="Size of all its files together; they are kept in memory.")
    output_kb = Integer(DEFAULTS.output_kb, help="What one cell may show; the rest is cut off.")
    total_output_mb = Integer(DEFAULTS.total_output_mb, help="What a submission may show in all; it is ended beyond.")
    report_directory = Unicode("grading", help="Where the report of a run goes, as JSON and CSV.")
    for trait in (
        sandbox, workers, executor, scheduler, cell_seconds, notebook_seconds, cpu_seconds, memory_mb, data_mb,
        processes, file_mb, scratch_mb, output_kb, total_output_mb, report_directory,
    ):  # fmt: skip
        trait.tag(config=True)
    del trait

    autograde_preprocessors = List(
        [
            ClearMetadataPreprocessor,
            LimitOutput,
            SaveGrades,
            LatePenalties,
        ]
    ).tag(config=True)

    def init_notebooks(self):
        """Take every folder that was handed in for the lesson, with a readable notebook in it or not."""
        pattern = Path(self._format_source(self.coursedir.assignment_id, "*"))
        self.assignments = {}
        students = self.coursedir.student_id
        for folder in sorted(pattern.parent.parent.glob(f"*/{pattern.name}")):
            student = folder.parent.name
            if students == "*" or student in students.split(","):
                self.assignments[str(folder)] = [str(folder / f"{self.coursedir.assignment_id}.ipynb")]
        if not self.assignments:
            lesson = self.coursedir.assignment_id
            message = (
                f"Nobody has handed in {lesson}: put notebooks into submitted/STUDENT/{lesson}/{lesson}.ipynb, or run "
                f"`nbgrader collect {lesson}`."
            )
            self.log.error(message)
            raise NbGraderException(message)

    def convert_notebooks(self):
        """Grade what is not graded yet, or with ``--force`` all; then print a table and write the report."""
        lesson = self.coursedir.assignment_id
        waiting = [Path(folder) for folder in self.assignments if self._is_due(Path(folder))]
        records = []
        with contextlib.ExitStack() as stack:
            stack.callback(marking.stop_all)
            try:
                setting = 'c.SandboxedAutograde.scheduler = "tcp://HOST:8786"'
                executors.check(self._kind_of_pool(), self.scheduler, setting)
                self._start_sandboxes(len(waiting))
            except (SandboxError, executors.ExecutorError) as problem:
                self.log.error(str(problem))
                raise NbGraderException(str(problem)) from None
            self.master = self._read_master(lesson)
            if self.executor == "local":
                marking.prepare(self.master.cells)
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="grading-"))
            try:
                self._grade_all(lesson, waiting, Path(scratch), records)
            except KeyboardInterrupt:
                done, left = len(records), len(waiting) - len(records)
                self.log.error("Stopped. %d graded, %d left: run the same command again for the rest.", done, left)
                raise
            finally:
                path = report.write(Path(self.coursedir.root, self.report_directory), lesson, records)
                skipped = len(self.assignments) - len(waiting)
                print(report.table(records, skipped, path), flush=True)
        if any(record["state"] == report.FAILED for record in records):
            raise NbGraderException("Some submissions could not be stored; the table says which.")

    def _start_sandboxes(self, submissions):
        """Start what takes longest, before anything else. Raises SandboxError where there can be none."""
        if not self.sandbox:
            self.log.warning("The sandbox is switched off: submissions run with your rights and see your files.")
        if self.executor == "local":
            marking.launch(min(self.workers or os.cpu_count() or 1, submissions), self.sandbox, self._hidden())
        if self.sandbox:
            try_wall()

    def _hidden(self):
        return [os.path.abspath(self.coursedir.root)]

    def _kind_of_pool(self):
        return "threads" if self.executor == "local" else self.executor

    def _read_master(self, lesson):
        source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", lesson), f"{lesson}.ipynb")
        try:
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                return intake.read_master(gradebook, lesson, source)
        except (MissingEntry, FileNotFoundError):
            message = f"{lesson} is not in the gradebook yet: run `nbgrader generate_assignment {lesson}` first."
            self.log.error(message)
            raise NbGraderException(message) from None

    def _is_due(self, folder):
        """Whether a submission has to be graded: it was not yet, or there is a newer one, or --force."""
        student, lesson = folder.parent.name, folder.name
        if self.coursedir.student_id_exclude and student in self.coursedir.student_id_exclude.split(","):
            return False
        done = Path(self._format_final(student, lesson))
        if self.force or not done.exists():
            return True
        new, old = map(intake.timestamp, (folder, done))
        return new is not None and old is not None and new > old

    def _format_final(self, student, lesson):
        return self.coursedir.format_path(self.coursedir.autograded_directory, student, lesson)

    # --- running

    def _grade_all(self, lesson, folders, scratch, records):
        submissions = {}
        self.exporter._preprocessors = []
        for preprocessor in self.autograde_preprocessors:
            self.exporter.register_preprocessor(preprocessor)

        def task(folder):
            given = intake.take_in(folder, folder.parent.name, self.master, self.coursedir.ignore)
            submissions[given.student] = (folder, given)
            return self._task(given)

        bar = tqdm(total=len(folders), desc=lesson, unit="submission", disable=None, file=sys.stderr)
        again = deque()
        with contextlib.ExitStack() as stack:
            stack.enter_context(bar)
            course = self.coursedir
            self.all_or_nothing = stack.enter_context(one_gradebook(course.db_url, course.course_id))
            pool = stack.enter_context(executors.open_pool(self._kind_of_pool(), self.workers, self.scheduler))

            def results(folders):
                for task_, result, problem in pool.run(marking.mark, folders, task):
                    yield task_["student"], marking.not_run(task_, problem) if problem else result

            def finish(student, result):
                folder, given = submissions.pop(student)
                record = self._store_safely(folder, given, result, scratch)
                records.append(record)
                bar.set_postfix_str(student)
                bar.update()
                if not sys.stderr.isatty():
                    self.log.info("%s: %s", student, report.line(record))

            for student, result in results(folders):
                if result.get("timed_out") and pool.workers() > 1 and len(folders) > 1:
                    again.append(student)  # perhaps only because others ran beside it
                else:
                    finish(student, result)
            for student in again:
                folder = submissions[student][0]
                for _, result in results([folder]):
                    result["notes_of_run"] = "It was run a second time, alone, because a cell took too long."
                    finish(student, result)

    def _task(self, given):
        """What ``marking.mark`` needs, as plain data."""
        by_id = self.master.by_id
        cells = []
        for cell in given.notebook.cells:
            wanted = by_id.get(intake.grade_id(cell), {})
            cells.append(
                {
                    "id": wanted.get("id", ""), "kind": cell.cell_type, "source": cell.source,
                    "points": wanted.get("points") if wanted.get("grade") else None,
                    "check": wanted.get("check"), "answer": wanted.get("answer"),
                }
            )  # fmt: skip
        limits = {name: getattr(self, name) for name in asdict(DEFAULTS)}
        return {
            "student": given.student, "cells": [] if given.unreadable else cells, "files": given.files,
            "imports": list(self.master.imports), "limits": limits, "wall": self.sandbox,
            "hide": self._hidden(),
        }  # fmt: skip

    # --- storing

    def _store_safely(self, folder, given, result, scratch):
        """Store one result and describe it; trouble with one submission is no trouble for the next."""
        student = given.student
        final = Path(self._format_final(student, self.master.lesson))
        if result.get("failed") and final.exists():
            return report.failed(student, result["ended"])  # the mark of an earlier run stays
        try:
            points, total = self._store(folder, given, result, scratch)
            if result.get("failed"):
                remove_tree(final)  # the next run grades it
            return report.record(student, given, result, points, total)
        except Exception as problem:
            self.log.debug("storing %s", student, exc_info=True)
            return report.failed(student, f"{type(problem).__name__}: {problem}")

    def _store(self, folder, given, result, scratch):
        """Let nbgrader store a finished notebook; returns (points, of how many)."""
        student, lesson = given.student, self.master.lesson
        self.finished = self._finished(given, result)
        handed_in = scratch / "submitted" / student / lesson
        shutil.rmtree(scratch / "submitted", ignore_errors=True)
        shutil.rmtree(scratch / "autograded", ignore_errors=True)
        handed_in.mkdir(parents=True)
        path = handed_in / f"{lesson}.ipynb"
        path.touch()  # nbgrader looks whether it is there; its content is self.finished
        for name, data in given.files.items():
            (handed_in / name).parent.mkdir(parents=True, exist_ok=True)
            (handed_in / name).write_bytes(data)
        if not folder.is_symlink() and (timestamp := intake.timestamp(folder)):
            (handed_in / "timestamp.txt").write_text(f"{timestamp} UTC")
        with self._directories(scratch), self.all_or_nothing():
            self.notebooks = [str(path)]
            self.run_pre_convert_hook()
            self.init_assignment(lesson, student)
            self.convert_single_notebook(str(path))
            self.set_permissions(lesson, student)
            self.run_post_convert_hook()
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                gradebook.db.expire_all()
                submission = gradebook.find_submission(lesson, student)
                if result["flags"]:
                    submission.notebooks[0].flagged = True  # formgrader shows it; a person takes the flag away
                points = submission.score, submission.max_score
        final = Path(self._format_final(student, lesson))
        final.parent.mkdir(parents=True, exist_ok=True)
        beside = final.with_name(f".{lesson}.new")  # a move between two disks could be stopped half way
        remove_tree(beside)
        shutil.move(scratch / "autograded" / student / lesson, beside)
        remove_tree(final)
        beside.rename(final)
        return points

    def convert_single_notebook(self, notebook_filename):
        """Store the finished notebook. Stock nbgrader reads a file, and nbconvert copies it at every step."""
        resources = self.init_single_notebook_resources(notebook_filename)
        notebook = self.finished
        for preprocessor in self.exporter._preprocessors:
            notebook, resources = preprocessor(notebook, resources)
        nbformat.validate(notebook, relax_add_props=True)
        self.write_single_notebook(as_text(notebook), resources | {"output_extension": self.exporter.file_extension})

    @contextlib.contextmanager
    def _directories(self, scratch):
        course = self.coursedir
        before = course.submitted_directory, course.autograded_directory
        course.submitted_directory, course.autograded_directory = (
            str(scratch / "submitted"),
            str(scratch / "autograded"),
        )
        try:
            yield
        finally:
            course.submitted_directory, course.autograded_directory = before

    def _finished(self, given, result):
        """What is stored: the notebook with its outputs, and a page at the top on what had to be said."""
        notebook = given.notebook
        outputs = result["outputs"] or [[] for _ in notebook.cells]
        for cell, shown in zip(notebook.cells, outputs, strict=True):
            if cell.cell_type != "code":
                continue
            if cell.metadata.get("nbgrader", {}).get("grade"):
                unread = given.unreadable and [marking.error_output("NotGraded", given.unreadable)]
                shown = unread or gradable(cell, shown)
            cell.outputs = nbformat.from_dict(shown)
        said = [given.unreadable] if given.unreadable else given.notes + [result.get("ended", "")]
        said.append(result.get("notes_of_run", ""))
        if said := [sentence for sentence in said if sentence]:
            page = "**Before and while this notebook was graded**\n\n" + "\n".join(f"- {text}" for text in said)
            notebook.cells.insert(0, nbformat.v4.new_markdown_cell(page, id="grading-notes"))
        return notebook


@contextlib.contextmanager
def one_gradebook(db_url, course_id):
    """Inside, whoever opens this gradebook gets the same one; yields a context in which all is stored or nothing.

    nbgrader opens the gradebook eight times a submission, looks each time whether all tables are there, and commits
    after every cell.
    """
    first_time, close = Gradebook.__init__, Gradebook.close
    one = Gradebook(db_url, course_id)
    known = {course_id}

    def open_(gradebook, url, course="default_course", authenticator=None):
        if url != db_url:
            return first_time(gradebook, url, course, authenticator)
        gradebook.engine, gradebook.db = one.engine, one.db
        gradebook.course_id, gradebook.authenticator = course, authenticator
        if course not in known:
            gradebook.check_course(course)
            known.add(course)

    def close_(gradebook):
        if gradebook.db is not one.db:
            close(gradebook)

    @contextlib.contextmanager
    def all_or_nothing():
        session = one.db()
        session.commit = session.flush
        try:
            yield
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.commit
        session.commit()

    Gradebook.__init__, Gradebook.close = open_, close_
    try:
        yield all_or_nothing
    finally:
        Gradebook.__init__, Gradebook.close = first_time, close
        one.close()


def gradable(cell, outputs):
    """The outputs of a graded cell, or an error in their place where nbgrader could not make a number of them."""
    probe = nbformat.NotebookNode(cell)
    probe.outputs = nbformat.from_dict(outputs)
    try:
        points, most = determine_grade(probe)
        if points is None or 0 <= points <= most:
            return outputs
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return [marking.error_output("NotGraded", "This cell shows a number that is no number of points.")]


def as_text(notebook):
    """The text of a notebook's file, a line for each cell: many times faster than nbformat's own lines of one word."""
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook.cells)
    rest = json.dumps({key: value for key, value in notebook.items() if key != "cells"}, ensure_ascii=False)
    return f'{{"cells": [\n{cells}\n],\n{rest[1:]}\n'


def remove_tree(path):
    """Remove a folder that nbgrader has made read-only."""
    if path.is_dir():
        for top, folders, _ in os.walk(path):
            for name in [*folders, "."]:
                os.chmod(os.path.join(top, name), stat.S_IRWXU)
        gone = path.with_name(f".{path.name}.{time.monotonic_ns()}")
        path.rename(gone)
        shutil.rmtree(gone)
