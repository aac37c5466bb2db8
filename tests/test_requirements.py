"""Every requirement names the tests that prove it, and these are there.

Whether they ran is asked at the end of a run of everything: see `pytest_sessionfinish` in conftest.
"""

import ast
import importlib.util
from functools import cache

import pytest

spec = importlib.util.spec_from_file_location("requirements", __file__.replace("test_requirements", "requirements"))
requirements = importlib.util.module_from_spec(spec)
spec.loader.exec_module(requirements)

IN_RANGE = {
    f"R{number}"
    for first, last in ((1, 50), (54, 54), (60, 69), (79, 121), (142, 142), (146, 156), (176, 177))
    for number in range(first, last + 1)
}
LINES = requirements.requirements()


@cache
def functions(file: str) -> dict[str, bool]:
    """The tests of a file, those of its classes too; whether each is of the long profiles."""
    tree = ast.parse((requirements.ROOT / file).read_text("utf-8"))
    whole = any(isinstance(node, ast.Assign) and "mark.full" in ast.unparse(node) for node in tree.body)
    return {
        node.name: whole or any(ast.unparse(mark) == "pytest.mark.full" for mark in node.decorator_list)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_requirement_in_range_is_stated_once():
    names = [line.name for line in LINES]
    assert len(names) == len(set(names))
    assert set(names) >= IN_RANGE, sorted(IN_RANGE - set(names))


@pytest.mark.parametrize("line", LINES, ids=[line.name for line in LINES])
def test_its_tests_are_there(line):
    assert line.tests or line.long, f"{line.name} names no test"
    for tests, is_long in ((line.tests, False), (line.long, True)):
        for test in tests:
            file, _, name = test.partition("::")
            found = functions(file)
            assert name in found, f"{line.name}: there is no {test}"
            assert found[name] is is_long, (
                f"{line.name}: {test} is {'no' if is_long else 'a'} test of the long profiles"
            )
