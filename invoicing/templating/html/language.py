"""The template language: Jinja with plain data and nothing to call. Runs in the process apart."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import ChainableUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

LONGEST_OUTPUT = 6_000_000
_LONGEST_TEXT = 1_000_000
# What reads other files, shows Python's own names, or prints without escaping.
_NO_FILTERS = {"attr", "safe", "pprint", "xmlattr", "urlize", "random", "map", "select", "reject",
               "selectattr", "rejectattr", "filesizeformat", "tojson"}  # fmt: skip
_GLOBALS = ("range", "namespace")
_ANOTHER_FILE = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Refused(Exception):
    """`line` is where; nought where nobody can say."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


class Environment(ImmutableSandboxedEnvironment):
    """A name after a dot is a name of the data, never one of Python's."""

    intercepted_binops = frozenset({"**", "*", "%"})

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=ChainableUndefined, cache_size=0)
        self.globals = {name: self.globals[name] for name in _GLOBALS}
        for name in _NO_FILTERS:
            self.filters.pop(name, None)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(name=attribute)
        if isinstance(obj, (LoopContext, Namespace, ChainableUndefined)):
            return super().getattr(obj, attribute)
        return self.undefined(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise SecurityError("** is no part of templates.")
        if operator == "*" and not _is_short(left, right):
            raise SecurityError("This would be too long.")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("% formats no text here; use ~ to join it.")
        return super().call_binop(context, operator, left, right)


def _is_short(left: Any, right: Any) -> bool:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left) < 1e30 and abs(right) < 1e30
    sizes = [len(one) if isinstance(one, str | list | tuple) else abs(one) for one in (left, right)]
    return bool(sizes[0] * sizes[1] <= _LONGEST_TEXT)


def filled(source: str, context: Mapping[str, Any]) -> str:
    """The template with the data in it, every text escaped."""
    written, parts = 0, []
    try:
        for part in Environment().from_string(source).generate(**context):
            written += len(part)
            if written > LONGEST_OUTPUT:
                raise Refused("It writes more than a document can hold.")
            parts.append(part)
    except TemplateError as wrong:
        raise Refused(wrong.message or type(wrong).__name__, _line_of(wrong)) from None
    except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as wrong:
        raise Refused(f"{type(wrong).__name__}: {wrong}"[:200], _line_of(wrong)) from None
    return "".join(parts)


def _line_of(wrong: BaseException) -> int:
    """Of the template, in whose frames Jinja counts its lines."""
    line = getattr(wrong, "lineno", None)
    trace = wrong.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line or 0


def used(source: str, lists: Mapping[str, str]) -> list[tuple[str, int]]:
    """The data's names that it asks for, with their lines. `lists` are list's name -> the group of
    its rows."""
    environment = Environment()
    try:
        tree = environment.parse(source)
        environment.compile(source)
    except TemplateError as wrong:
        raise Refused(wrong.message or "", _line_of(wrong)) from None
    except RecursionError:
        raise Refused("It is nested too deeply.") from None
    for node in tree.find_all(_ANOTHER_FILE):
        raise Refused("A template is one file and reads no other.", node.lineno)
    return list(dict.fromkeys(_Reader(lists).walk(tree, {})))


type _Scope = dict[str, str]
type _Names = Iterator[tuple[str, int]]


class _Reader:
    """Walks through a template. A scope has the template's own names: the group of the rows they
    stand for, or nothing."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        self.lists = lists
        self.ways: dict[type[nodes.Node], Callable[[Any, _Scope], _Names]] = {
            nodes.For: self._loop,
            nodes.Assign: self._assign,
            nodes.AssignBlock: self._assign,
            nodes.Macro: self._macro,
            nodes.CallBlock: self._call,
            nodes.With: self._with,
        }

    def walk(self, node: nodes.Node, scope: _Scope) -> _Names:
        name = _dotted(node)
        if name:
            yield from self._told(name, node.lineno, scope)
            return
        way = self.ways.get(type(node))
        yield from way(node, scope) if way else self._all(node.iter_child_nodes(), scope)

    def _all(self, found: Iterable[nodes.Node], scope: _Scope) -> _Names:
        for node in found:
            yield from self.walk(node, scope)

    def _loop(self, node: nodes.For, scope: _Scope) -> _Names:
        yield from self.walk(node.iter, scope)
        inner = scope | _targets(node.target) | {"loop": ""}
        over = _dotted(node.iter)
        if isinstance(node.target, nodes.Name) and over not in scope:
            inner[node.target.name] = self.lists.get(over, "")
        tests = [node.test] if node.test else []
        yield from self._all([*tests, *node.body, *node.else_], inner)

    def _assign(self, node: nodes.Assign | nodes.AssignBlock, scope: _Scope) -> _Names:
        yield from self._all(node.iter_child_nodes(exclude=["target"]), scope)
        scope |= _targets(node.target)

    def _macro(self, node: nodes.Macro, scope: _Scope) -> _Names:
        scope[node.name] = ""
        yield from self._call(node, scope)

    def _call(self, node: nodes.Macro | nodes.CallBlock, scope: _Scope) -> _Names:
        own = {one.name: "" for one in node.args} | {"caller": "", "varargs": "", "kwargs": ""}
        yield from self._all(node.iter_child_nodes(exclude=["args"]), scope | own)

    def _with(self, node: nodes.With, scope: _Scope) -> _Names:
        yield from self._all(node.values, scope)
        inner = scope | {name: "" for one in node.targets for name in _targets(one)}
        yield from self._all(node.body, inner)

    def _told(self, name: str, line: int, scope: _Scope) -> _Names:
        first, _dot, rest = name.partition(".")
        if first in scope:
            if scope[first] and rest:
                yield f"{scope[first]}.{rest}", line
        elif name not in self.lists and name not in _GLOBALS:
            yield name, line


def _targets(target: nodes.Node) -> _Scope:
    names = [target] if isinstance(target, nodes.Name) else list(target.find_all(nodes.Name))
    return {one.name: "" for one in names}


def _dotted(node: nodes.Node) -> str:
    """`customer.name`, or nothing where it is no plain path."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before, last = _dotted(node.node), node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        if not isinstance(node.arg.value, str):
            return ""
        before, last = _dotted(node.node), node.arg.value
    else:
        return ""
    return f"{before}.{last}" if before else ""
