"""SOQL as text: what a query says, without the data. One object, paths to its parents, conditions, order, limits.

AND and OR want brackets between them, as in Salesforce. No aggregates but COUNT, no queries inside queries.
Source: Salesforce's "SOQL and SOSL Reference".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from hub_salesforce.simulator_org import Rejected

LONGEST = 100_000
MOST_OFFSET = 2_000
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<text>'(?:[^'\\\r\n]|\\.)*')
      |(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))|(?P<date>\d{4}-\d\d-\d\d)
      |(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?::\d+)?)|(?P<op><=|>=|!=|<>|[=<>(),])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%"}
_WORDS = frozenset(
    ("select", "from", "where", "and", "or", "not", "in", "like", "order", "by", "limit", "offset", "group", "having")
)


class Token(NamedTuple):
    """A piece of a query; `kind` is text, time, date, number, name, op or end."""

    kind: str
    text: str
    at: int


class Compare(NamedTuple):
    """`path operator literal`, where IN and NOT IN take several literals."""

    path: str
    operator: str
    literals: tuple[Token, ...]


class Joined(NamedTuple):
    """Conditions under AND, OR or NOT."""

    word: str
    parts: tuple[Condition, ...]


Condition = Compare | Joined


class Query(NamedTuple):
    """A query as it was written; `limit` and `offset` -1 = none. `columns` of COUNT() are empty."""

    columns: tuple[str, ...]
    type: str
    where: Condition | None
    order: tuple[tuple[str, bool, bool], ...]
    """Path, whether descending, whether nulls come first."""
    limit: int
    offset: int
    counted: str
    """What stands in COUNT(...), "()" for nothing; "" = rows are wanted."""


@lru_cache(maxsize=256)
def parse(soql: str) -> Query:
    """What a query says. Raises Rejected("MALFORMED_QUERY")."""
    if len(soql) > LONGEST:
        raise Rejected("MALFORMED_QUERY", f"SOQL statements cannot be longer than {LONGEST} characters.")
    return _Parser(soql).query()


def text_of(token: Token) -> str:
    """A quoted literal without its quotes and escapes. Raises Rejected."""
    return _ESCAPE.sub(_unescaped, token.text[1:-1])


def pattern(token: Token) -> re.Pattern[str]:
    """What LIKE means by a literal: % any characters, _ one, unless they are escaped. Raises Rejected."""
    parts, text, at = [], token.text[1:-1], 0
    for found in re.finditer(r"\\(?:u[0-9A-Fa-f]{4}|.)|[%_]", text, re.DOTALL):
        parts.append(re.escape(text[at : found.start()]))
        joker = {"%": ".*", "_": "."}.get(found[0])
        parts.append(joker or re.escape(_ESCAPE.sub(_unescaped, found[0])))
        at = found.end()
    return re.compile("".join(parts) + re.escape(text[at:]), re.IGNORECASE | re.DOTALL)


def _unescaped(found: re.Match[str]) -> str:
    letter = found[1]
    if len(letter) == 5:
        return chr(int(letter[1:], 16))
    if letter not in _ESCAPES:
        raise Rejected("MALFORMED_QUERY", f"invalid escape sequence '{found[0]}'")
    return _ESCAPES[letter]


def _tokens(soql: str) -> list[Token]:
    tokens, at = [], 0
    while at < len(soql):
        found = _TOKEN.match(soql, at)
        if found is None:
            raise _malformed(soql, Token("op", soql[at], at))
        if found.lastgroup != "space":
            tokens.append(Token(str(found.lastgroup), found[0], at))
        at = found.end()
    return [*tokens, Token("end", "<EOF>", len(soql))]


def _malformed(soql: str, token: Token) -> Rejected:
    near = soql[max(0, token.at - 20) : token.at + 20]
    return Rejected("MALFORMED_QUERY", f"{near}\nERROR at Row:1:Column:{token.at + 1}\nunexpected token: {token.text}")


class _Parser:
    """Recursive descent, one token ahead."""

    def __init__(self, soql: str) -> None:
        self.soql, self.tokens, self.next = soql, _tokens(soql), 0

    @property
    def ahead(self) -> Token:
        return self.tokens[self.next]

    def take(self, *kinds: str) -> Token:
        """The next token, if it is of such a kind."""
        token = self.ahead
        if token.kind not in kinds:
            raise _malformed(self.soql, token)
        self.next += 1
        return token

    def word(self, *words: str) -> bool:
        """Whether these words come next; they are taken then."""
        there = self.tokens[self.next : self.next + len(words)]
        if [t.text.lower() for t in there] != list(words) or any(t.kind not in ("name", "op") for t in there):
            return False
        self.next += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.word(*words):
            raise _malformed(self.soql, self.ahead)

    def name(self) -> str:
        token = self.take("name")
        if token.text.lower() in _WORDS or ":" in token.text:
            raise _malformed(self.soql, token)
        return token.text

    def count(self) -> int:
        token = self.take("number")
        if not token.text.isdecimal():
            raise _malformed(self.soql, token)
        return int(token.text)

    def query(self) -> Query:
        self.expect("select")
        columns, count = self.columns()
        self.expect("from")
        kind = self.name()
        where = self.condition() if self.word("where") else None
        order = self.order() if self.word("order", "by") else ()
        limit = self.count() if self.word("limit") else -1
        offset = self.count() if self.word("offset") else -1
        if offset > MOST_OFFSET:
            told = f"Maximum SOQL offset allowed is {MOST_OFFSET}"
            raise Rejected("NUMBER_OUTSIDE_VALID_RANGE", told)
        self.take("end")
        return Query(columns, kind, where, order, limit, offset, count)

    def columns(self) -> tuple[tuple[str, ...], str]:
        if self.word("count", "("):
            counted = "()" if self.ahead.text == ")" else self.name()
            self.expect(")")
            return (() if counted == "()" else (counted,)), counted
        columns = [self.name()]
        while self.word(","):
            columns.append(self.name())
        if len({column.lower() for column in columns}) < len(columns):
            twice = next(c for n, c in enumerate(columns) if c.lower() in {o.lower() for o in columns[:n]})
            raise Rejected("INVALID_FIELD", f"duplicate field selected: {twice}")
        return tuple(columns), ""

    def order(self) -> tuple[tuple[str, bool, bool], ...]:
        orders = []
        while True:
            path = self.name()
            descending = self.word("desc") or (self.word("asc") and False)
            first = not self.word("nulls", "last")
            self.word("nulls", "first")
            orders.append((path, descending, first))
            if not self.word(","):
                return tuple(orders)

    def condition(self) -> Condition:
        parts = [self.simple()]
        for word in ("and", "or"):
            while self.word(word):
                parts.append(self.simple())
            if len(parts) > 1:  # the other word needs brackets: whatever stands next refuses it
                return Joined(word.upper(), tuple(parts))
        return parts[0]

    def simple(self) -> Condition:
        if self.word("not"):
            return Joined("NOT", (self.simple(),))
        if self.word("("):
            inside = self.condition()
            self.expect(")")
            return inside
        path = self.name()
        if self.word("like"):
            return Compare(path, "LIKE", (self.take("text"),))
        for words in (("in",), ("not", "in")):
            if self.word(*words):
                return Compare(path, " ".join(words).upper(), self.list_of())
        operator = self.take("op")
        if operator.text not in ("=", "!=", "<>", "<", "<=", ">", ">="):
            raise _malformed(self.soql, operator)
        return Compare(path, operator.text, (self.literal(),))

    def list_of(self) -> tuple[Token, ...]:
        self.expect("(")
        literals = [self.literal()]
        while self.word(","):
            literals.append(self.literal())
        self.expect(")")
        return tuple(literals)

    def literal(self) -> Token:
        token = self.take("text", "time", "date", "number", "name")
        if token.kind == "name" and (token.text.lower() in _WORDS or "." in token.text):
            raise _malformed(self.soql, token)
        if token.kind == "text":
            text_of(token)
        return token
