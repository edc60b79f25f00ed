"""Words as the index knows them: folded and cut the same way for either database, and for questions.

Letters lose their case, their accents and their width; Chinese, Japanese and Korean signs stand alone, so that a
word of them is a phrase of signs, whatever its neighbours are.
"""

import re
import unicodedata

_SIGNS = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u312f\u3130-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Scripts of India and its neighbours write vowels as marks on the letter before: to Python they are no letters.
_MARKED = "\u0900-\u0963\u0966-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17d3"
_LONGEST = 64
_WORD = re.compile(rf"[{_SIGNS}]|(?:(?![{_SIGNS}])[^\W_]|[{_MARKED}])+")
_PLAIN_WORD = re.compile("[a-z0-9]+")
"""The same where all is ASCII: there are no signs to look out for, which takes a quarter of the time."""
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
# Latin letters that Unicode does not take apart into a letter and an accent
_WHOLE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t", "ŀ": "l"}
)


def fold(text: str) -> str:
    """A text without case, accents and width."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).translate(_WHOLE)


def split(text: str, most: int | None = None) -> list[str]:
    """The words of a text, folded; at most so many, and none of them endless."""
    folded = fold(text)
    words = (_PLAIN_WORD if folded.isascii() else _WORD).findall(folded)
    return [word[:_LONGEST] for word in words[:most]]


def spans(text: str) -> list[tuple[int, int, str]]:
    """The words of a text as it was written: where each begins and ends, and what the index calls it."""
    found = []
    for word in _WORD.finditer(text):
        parts = split(word[0])
        # one written word may be several to the index (a ligature, a full-width phrase): the first stands for it
        found += [(word.start(), word.end(), part) for part in parts]
    return found
