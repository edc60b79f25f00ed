"""What changed between two texts."""

import pytest

from forum.differences import Piece, between, words


def shown(old: str, new: str) -> list[str]:
    """The lines as one might print them."""
    signs = {"same": " ", "removed": "-", "added": "+"}
    return [
        "…" if line.kind == "gap" else signs[line.kind] + "".join(piece.text for piece in line.pieces)
        for line in between(old, new)
    ]


def test_only_what_stands_around_a_change_is_shown():
    old = "\n".join("abcdefghij")
    assert shown(old, old.replace("f", "X")) == ["…", " d", " e", "-f", "+X", " g", " h", "…"]


def test_a_short_text_is_shown_whole():
    assert shown("a\nb\nc", "a\nB\nc") == [" a", "-b", "+B", " c"]


def test_lines_that_come_and_go():
    assert shown("a", "a\nb\nc") == [" a", "+b", "+c"]
    assert shown("a\nb\nc", "c") == ["-a", "-b", " c"]


def test_the_same_text_has_no_differences():
    assert between("a\nb", "a\nb") == []


def test_within_a_line_words_are_compared():
    assert words("the brown one", "the white one") == [
        Piece("same", "the "), Piece("removed", "brown"), Piece("added", "white"), Piece("same", " one"),
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [("", "a"), ("a", ""), ("a\n\n\nb", "a\nb"), ("x " * 900, "y " * 900)])
def test_nothing_is_lost_on_either_side(old, new):
    lines = between(old, new)
    after = [line for line in lines if line.kind != "removed"]
    before = [line for line in lines if line.kind != "added"]
    assert "\n".join("".join(piece.text for piece in line.pieces) for line in after) == new
    assert "\n".join("".join(piece.text for piece in line.pieces) for line in before) == old


def test_texts_too_different_to_be_compared_are_shown_whole():
    old, new = "\n".join(f"a{n}" for n in range(2000)), "\n".join(f"b{n}" for n in range(2000))
    kinds = [line.kind for line in between(old, new)]
    assert kinds == ["removed"] * 2000 + ["added"] * 2000
