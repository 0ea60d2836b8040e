"""Questions without the half of their time in which prompt_toolkit makes the same key bindings."""

from functools import cache

from prompt_toolkit.application import application


def make_key_bindings_once() -> None:
    """Give every question of this process the same default bindings, made for the first one."""
    if not hasattr(application.load_key_bindings, "cache_info"):
        application.load_key_bindings = cache(application.load_key_bindings)
    application.load_key_bindings()
