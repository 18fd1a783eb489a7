"""Lists the measurements: `python -m benchmarks.NAME` runs one."""

import ast
import pathlib

HERE = pathlib.Path(__file__).parent

for path in sorted(HERE.glob("[a-z]*.py")):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf8"))) or ""
    print(f"python -m benchmarks.{path.stem:15}", text.splitlines()[0])
