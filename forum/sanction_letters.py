"""Sanction letters: whoever is warned, muted or banned is told by mail, too, why and until when."""

from sqlalchemy import select

from core import clock, mail
from core.db import writing
from core.events import subscribe
from core.i18n import exact
from core.i18n import gettext as _
from core.mail import Letter
from forum import layout, viewers
from forum.sanctions import PersonSanctioned
from models import Account, Sanction


@subscribe(PersonSanctioned)
def tell(event: PersonSanctioned) -> None:
    """Tells a person of a sanction by one mail, if he has confirmed his address and it was not lifted meanwhile."""
    with writing() as current:
        locked = select(Sanction).where(Sanction.id == event.sanction_id).with_for_update()
        row = current.scalar(locked.execution_options(populate_existing=True))
        account = current.get(Account, event.user_id, populate_existing=True)
        if row is None or row.mailed_at is not None or row.lifted_at is not None:
            return
        row.mailed_at = clock.now()
        if account is not None and account.email and account.email_confirmed_at is not None:
            mail.post(account.email, _letter(row))


def _letter(row: Sanction) -> Letter:
    title = layout.settings.title
    said = {
        "warn": _("The moderators of %(site)s have a word for you.", site=title),
        "mute": _("You may read %(site)s, but not write there for now.", site=title),
        "ban": _("You may not log in to %(site)s any more.", site=title),
    }
    end = {"warn": "", "mute": _("This has no end."), "ban": _("This has no end.")}[row.kind]
    if row.until is not None:
        end = _("This ends by itself: %(when)s.", when=exact(row.until))
    why = _("The reason: %(reason)s", reason=row.reason) if row.reason else ""
    person = viewers.member(row.user_id)
    place = f"/user/{person.slug}/record" if person is not None and row.kind != "ban" else ""
    return Letter(
        subject=f"[{title}] {said[row.kind]}",
        paragraphs=tuple(part for part in (said[row.kind], why, end) if part),
        action=_("See it on the site"),
        address=place,
        reason=_("You get this because it concerns your account; such mails cannot be switched off."),
        name=f"sanction-{row.id}.user-{row.user_id}",
        stream="account",
    )
