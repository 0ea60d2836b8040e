"""YAML without type guesses and tags: only text, lists and mappings.

YAML takes `1e-4` for text, `no` for a boolean and `1:30` for a number, and a tag can build any
Python object. Here every plain value stays the text that was written; its reader interprets it.
"""

from typing import Any

import yaml

_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


class _TextLoader(yaml.SafeLoader):
    """A safe loader that reads every scalar as text and rejects aliases (YAML bombs use them)."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (as PyYAML wants it)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Build a node of the tree, unless it is an alias."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


def tree_of(text: str) -> yaml.Node | None:
    """Return the tree of a YAML text, or None if it is empty.

    Raises:
        yaml.YAMLError: It is not YAML, or uses an alias.
    """
    return yaml.compose(text, Loader=_TextLoader)


def plain(node: yaml.Node) -> Any:
    """Return a node as text, or as lists and dictionaries of text.

    Raises:
        yaml.MarkedYAMLError: It has a tag, a duplicate key, or a key that is not text.
    """
    refuse_tag(node)
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        pairs = [(_key(key), plain(value)) for key, value in node.value]
        if len(dict(pairs)) < len(pairs):
            raise yaml.MarkedYAMLError(problem="a duplicate key", problem_mark=node.start_mark)
        return dict(pairs)
    return node.value


def _key(node: yaml.Node) -> str:
    """Return a key, which must be text: nested mappings as keys grow exponentially when printed."""
    key = plain(node) if isinstance(node, yaml.ScalarNode) else None
    if not isinstance(key, str):
        raise yaml.MarkedYAMLError(problem="a key that is not text", problem_mark=node.start_mark)
    return key


def read_value(text: str) -> Any:
    """Return the value of a YAML text: text, or lists and dictionaries of text; None if empty.

    Raises:
        ValueError: It is not YAML, uses an alias or a tag, or has a duplicate key.
    """
    try:
        tree = tree_of(text)
        return None if tree is None else plain(tree)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError from error


def refuse_tag(node: yaml.Node) -> None:
    """Reject tags such as `!!python/object`: a config is data and must not build objects.

    Raises:
        yaml.MarkedYAMLError: The node has an explicit tag.
    """
    if node.tag not in _PLAIN_TAGS:
        problem = f"the tag {node.tag[:40]!r} is not allowed"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def in_one_line(value: object) -> str:
    """Return a list, a mapping or a text as one line of YAML."""
    # PyYAML writes some line breaks (U+0085) unescaped and reads them as spaces.
    readable = str(value).isprintable()
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=readable, width=float("inf")
    )
    return text.removesuffix("...\n").rstrip("\n")
