# Two commands: `make lab` opens the course, `make test` runs the tests. Both make .venv first, once.
# Plain enough for GNU make 3.81 (macOS). Name another Python with PYTHON=..., another port with PORT=....

PY = .venv/bin/python

# Use the Python of .venv, else the newest that fits (or the one named), to bring .venv to what the target needs:
# $(call setup,extras)
setup = \
	set -- $(PY) python3.13 python3.12 python3.11 python3 python; old=; found=; \
	if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; fi; \
	for python in "$$@"; do \
		version=`"$$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null` || continue; \
		case "$$version" in \
			3.11.*|3.12.*|3.13.*) found=$$python; break;; \
			*) old=$${old:-$$version};; \
		esac; \
	done; \
	if [ -z "$$found" ]; then \
		echo "The course needs Python 3.11, 3.12 or 3.13, but" \
			"$(if $(PYTHON),$(PYTHON) is $${old:-no Python that runs},this machine has $${old:+only }$${old:-none}):" \
			"install one (python.org has it) or name one: make $@ PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	"$$found" -m dqn_course.install $(if $(PYTHON),--this-python) $(1)

help:
	@echo "make lab         open the course in JupyterLab          (PORT=8890 for another port)"
	@echo "make test        run the tests                          (ARGS='-k replay' for some of them)"
	@echo "make test-grading  grade every honest, broken and hostile submission of tests/grading"
	@echo "make test-browser  solve every lesson in JupyterLab, in a browser without a window"
	@echo "make notebooks   rebuild the notebooks from solutions/*/*.py"
	@echo "make lint        check the style of the code"
	@echo "make doctor      say what this machine has and lacks"
	@echo "make bench       list the benchmarks                    (NAME=lunar_lander runs one)"
	@echo "make lock        choose the versions in constraints.txt anew"

lab:
	@$(call setup,)
	@$(PY) -m dqn_course.lab $(if $(PORT),--port '$(PORT)') $(ARGS)

test:
	@$(call setup,dev)
	$(PY) -m pytest -n 2 --dist loadscope $(ARGS)

test-grading:
	@$(call setup,dev)
	$(PY) -m pytest -m 'slow_grading or not slow_grading' tests/test_grading_corpus.py tests/test_grading_runs.py $(ARGS)

test-browser:
	@$(call setup,dev)
	$(PY) -m pytest -n 2 --dist loadscope -m browser tests/test_browser.py tests/test_browser_formgrader.py $(ARGS)

notebooks:
	@$(call setup,)
	$(PY) -m dqn_course.build

lint:
	@$(call setup,dev)
	$(PY) -m ruff check
	$(PY) -m ruff format --check

doctor:
	@$(call setup,)
	@$(PY) -m dqn_course.cli doctor

bench:
	@if [ -z "$(NAME)" ]; then \
		echo "Run one with: make bench NAME=..."; \
		for file in benchmarks/*.py; do [ -f "$$file" ] && echo "  `basename "$$file" .py`"; done; \
	elif [ ! -f "benchmarks/$(NAME).py" ]; then \
		echo "There is no benchmark \"$(NAME)\": make bench lists them." >&2; exit 2; \
	else \
		$(call setup,bench) && $(PY) benchmarks/$(NAME).py $(ARGS); \
	fi

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: install it with pip install uv" >&2; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate --no-header --upgrade \
		pyproject.toml --output-file constraints.new
	@{ echo "# Every package that \`make\` installs, direct and indirect, at the versions the course was tested with."; \
		echo "# One file for Python 3.11 to 3.13 on Linux and macOS. Written by \`make lock\`; do not edit by hand."; \
		grep -v "python_full_version >= '3.14'" constraints.new; } > constraints.txt
	@rm constraints.new

.DEFAULT:
	@echo "There is no \"make $@\"; there are: lab, test, test-grading, test-browser, notebooks, lint, doctor, bench, lock (make help explains them)." >&2
	@exit 2

.PHONY: help lab test test-grading test-browser notebooks lint doctor bench lock
