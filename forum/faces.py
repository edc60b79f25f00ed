"""Faces: the people who answered a post or voted for it, as a row of small pictures shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, Subquery, bindparam, select, union_all
from sqlalchemy.orm import aliased

from core.db import session
from models import Post, User

_SHOWN = 5
"""How many people the replies toggle shows."""

_ANSWERS_LOOKED_AT = 30
"""Among how many answers to a post those people are looked for."""


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody who replied."""

    name: str
    slug: str
    colour: int
    picture: str


def of_answers(post_ids: Sequence[int]) -> dict[int, list[Face]]:
    """The first people who answered each of some posts; one more than is shown, so that it can be told. One query."""
    found: dict[int, list[Face]] = {}
    asked = {f"post_{place}": post_id for place, post_id in enumerate(sorted(post_ids))}
    for post_id, *person in session().execute(_first_people(len(asked)), asked):
        face = Face(*person)
        known = found.setdefault(post_id, [])
        if face not in known and len(known) <= _SHOWN:
            known.append(face)
    return found


@cache
def _first_people(number: int) -> Select[Any]:
    """Who answered so many posts. Each post's first answers on their own: one with 50,000 costs no more than with 30."""
    firsts = union_all(*(select(_first_answers(f"post_{place}")) for place in range(number))).subquery()
    return (
        select(firsts.c.reply_to_id, User.name, User.slug, User.colour, User.picture)
        .join(User, User.id == firsts.c.author_id)
        .order_by(firsts.c.number)
    )


def _first_answers(post: str) -> Subquery:
    answered = aliased(Post)
    here = select(answered.topic_id).where(answered.id == bindparam(post)).scalar_subquery()
    return (
        select(Post.reply_to_id, Post.author_id, Post.number)
        .where(Post.reply_to_id == bindparam(post), Post.topic_id == here, Post.deleted_at.is_(None))
        .order_by(Post.number)
        .limit(_ANSWERS_LOOKED_AT)
        .subquery()
    )
