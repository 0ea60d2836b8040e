"""YAML without its guesses and its powers: text, lists and mappings, and nothing else.

To YAML `1e-4` is text, `no` a boolean and `1:30` a number; and a tag can ask for any Python object
to be built. Here every plain value is the text that was written. What it means is for the reader
to say.
"""

from typing import Any

import yaml

_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


class _TextLoader(yaml.SafeLoader):
    """A safe loader to which every scalar is text, and an alias (a bomb's fuse) an error."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own way to say it)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Build a node of the tree, unless it is one that was built before."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias; write it out", problem_mark=mark)
        return super().compose_node(parent, index)


def tree_of(text: str) -> yaml.Node | None:
    """Return the tree of a YAML text, None for an empty one.

    Raises:
        yaml.YAMLError: it is not YAML, or uses an alias.
    """
    return yaml.compose(text, Loader=_TextLoader)


def plain(node: yaml.Node) -> Any:
    """Return a node as text, or as lists and dictionaries of text.

    Raises:
        yaml.MarkedYAMLError: it has a tag, a key twice, or a key that is no text.
    """
    refuse_tag(node)
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        pairs = [(_key(key), plain(value)) for key, value in node.value]
        if len(dict(pairs)) < len(pairs):
            raise yaml.MarkedYAMLError(problem="a key given twice", problem_mark=node.start_mark)
        return dict(pairs)
    return node.value


def _key(node: yaml.Node) -> str:
    """Return a mapping's key. Written as text, a mapping in a key in a key grows exponentially."""
    key = plain(node) if isinstance(node, yaml.ScalarNode) else None
    if not isinstance(key, str):
        raise yaml.MarkedYAMLError(problem="a key that is no text", problem_mark=node.start_mark)
    return key


def read_value(text: str) -> Any:
    """Return what a text says, as text or as lists and dictionaries of text; None if nothing.

    Raises:
        ValueError: it is not YAML, uses an alias or a tag, or has a key twice.
    """
    try:
        tree = tree_of(text)
        return None if tree is None else plain(tree)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError from error


def refuse_tag(node: yaml.Node) -> None:
    """Raise at `!!python/object` and all its kin: a config is data and builds nothing.

    Raises:
        yaml.MarkedYAMLError: the node has a tag that YAML did not give it by itself.
    """
    if node.tag not in _PLAIN_TAGS:
        problem = f"the tag {node.tag[:40]!r} is not taken"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def in_one_line(value: object) -> str:
    """Return a list, a mapping or a text as one line of YAML."""
    # PyYAML writes some line breaks (U+0085) as they are and reads them as blanks.
    readable = str(value).isprintable()
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=readable, width=float("inf")
    )
    return text.removesuffix("...\n").rstrip("\n")
