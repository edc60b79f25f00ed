"""Slugs: the readable part of an address, in the letters of whatever script the name is in."""

import re
import unicodedata

LONGEST = 80

# Latin letters that Unicode does not decompose into a base letter and an accent
_WHOLE = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
     "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ı": "i", "ħ": "h", "Ħ": "H"}
)  # fmt: skip


def slugify(text: str, fallback: str = "-") -> str:
    """Lower-case words joined by hyphens. Latin letters lose their accents; other scripts stay as they are."""
    folded = "".join(_plain(letter) for letter in unicodedata.normalize("NFKC", text))
    slug = re.sub(r"[\W_]+", "-", folded.lower()).strip("-")[:LONGEST].strip("-")
    return slug or fallback


def _plain(letter: str) -> str:
    if letter.isascii() or not unicodedata.name(letter, "").startswith("LATIN"):
        return letter
    return "".join(
        part for part in unicodedata.normalize("NFKD", letter.translate(_WHOLE)) if not unicodedata.combining(part)
    )


def name_key(name: str) -> str:
    """What makes two names the same: folded by compatibility and case."""
    return unicodedata.normalize("NFKC", name).casefold()
