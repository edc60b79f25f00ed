"""Deciding: the words that a moderator's form gives for a refusal."""

from flask import request

from forum import reasons
from web import params


def refusal_words() -> str:
    """A ready text and what was written besides; both may be empty. Raises Invalid."""
    chosen = params.chosen("text") if request.form.get("text") else None
    own = request.form.get("reason", "")
    return reasons.words(chosen, own) if chosen or own.strip() else ""
