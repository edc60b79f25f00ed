"""Going on with a draft: a composer that opens holds what its writer had begun there."""

from typing import Any

from flask import request

from forum import drafts
from forum.drafts import Draft
from forum.refusals import Invalid, TooMany
from web import params
from web.auth import viewer


def resume(form: Any, kind: str, target_id: int) -> tuple[Draft | None, list[Draft]]:
    """Fills a form with the draft of a place, and returns it and the others that were begun there.

    `?draft=` names another than the newest; 0 is none. Raises Missing for one that is gone.
    """
    begun = drafts.at(viewer(), kind, target_id)
    asked = params.number("draft") if "draft" in request.args else None
    chosen = begun[0] if begun and asked is None else None
    if asked:
        chosen = next((each for each in begun if each.id == asked), None) or drafts.get(viewer(), asked)
    if chosen is not None:
        form.send_key.data, form.version.data, form.body.data = chosen.key, chosen.version, chosen.body
        for name, value in (
            ("title", chosen.title),
            ("tags", chosen.tags),
            ("reply_to", chosen.reply_to_id),
            ("seen", chosen.seen),
        ):
            if name in form and value is not None:
                form[name].data = value
    return chosen, [each for each in begun if each is not chosen]


def untaken(refused: Invalid | TooMany) -> tuple[dict[str, Any], int, dict[str, str]]:
    """What a composer says that comes back because its text was not taken, and the status and headers it comes with."""
    if isinstance(refused, TooMany):
        return {"problem": refused.reason}, 429, {"Retry-After": str(refused.seconds)}
    return {"errors": {refused.field: refused.reason}}, 422, {}
