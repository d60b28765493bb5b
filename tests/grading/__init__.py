"""A class of submissions for the grader: honest, broken and hostile ones, and what each has to get."""
