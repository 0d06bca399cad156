"""What is loaded with the console: memory that every process holds."""

import subprocess
import sys


def test_heavy_libraries_are_loaded_only_where_they_are_used():
    heavy = "{'numpy', 'scipy', 'docx', 'docxtpl', 'openpyxl', 'python_calamine'}"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys, app, worker; print(*({heavy} & sys.modules.keys()))"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.split() == []
