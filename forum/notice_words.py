"""The words of notices: who did what."""

from collections.abc import Sequence

from core.i18n import gettext as _
from core.i18n import ngettext


def who(names: Sequence[str], number: int) -> str:
    """Those who did something: up to two by name, and how many others."""
    if not names:
        return _("Somebody")
    rest = number - len(names)
    if len(names) == 1:
        return names[0]
    if not rest:
        return _("%(one)s and %(other)s", one=names[0], other=names[1])
    one, other = names
    return ngettext(
        "%(one)s, %(other)s and %(num)s other", "%(one)s, %(other)s and %(num)s others", rest, one=one, other=other
    )


def sentence(kind: str, who: str, number: int) -> str:
    """What a notice of a kind says of those who did it; `number` is how many they are."""
    sentences = {
        "mention": _("%(who)s mentioned you", who=who),
        "reply": _("%(who)s replied", who=who),
        "topic": _("%(who)s started a topic", who=who),
        "vote": _("%(who)s voted for your post", who=who),
        "queue": _("There is news of a post that waits for a moderator"),
        "flag": _("Something waits for a moderator: it was reported"),
        "newcomer": _("Somebody asks to be let in"),
        "joined": _("%(who)s joined on your invitation", who=who),
        "invited": _("%(who)s invites you to a group", who=who),
        "asks": ngettext(
            "%(who)s asks to join a group of yours", "%(who)s ask to join a group of yours", number, who=who
        ),
        "let_in": _("%(who)s let you into a group", who=who),
        "warning": _("There is a word from the moderators for you"),
        "follow": ngettext("%(who)s follows you now", "%(who)s follow you now", number, who=who),
    }
    return sentences[kind]
