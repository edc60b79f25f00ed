"""What a save of a draft looks like when it arrives: the composer's own fields, and what the tab says of itself."""

from wtforms import HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, NumberRange, Optional, Regexp

from forms.posts import A_KEY
from forum.drafts import KINDS, Sheet
from web.forms import Form

_LARGEST = 2**53
_ID = (Optional(), NumberRange(0, 2**63 - 1))


class DraftForm(Form):
    place = HiddenField(validators=[Regexp(rf"(?:{'|'.join(KINDS)}):\d{{1,18}}\Z")])
    send_key = HiddenField(validators=[DataRequired(), A_KEY])
    version = IntegerField(default=0, validators=[Optional(), NumberRange(0, _LARGEST)])
    tab = HiddenField(default="", validators=[A_KEY])
    turn = IntegerField(default=0, validators=[Optional(), NumberRange(0, _LARGEST)])
    title = StringField(default="")
    tags = StringField(default="")
    body = TextAreaField(default="")
    reply_to = IntegerField(validators=_ID)
    seen = IntegerField(validators=_ID)

    def sheet(self) -> Sheet:
        """What stands in the form."""
        kind, _, target = self.place.data.partition(":")
        body = (self.body.data or "").replace("\r\n", "\n").replace("\r", "\n")
        words = {"title": self.title.data or "", "tags": self.tags.data or ""}
        return Sheet(
            self.send_key.data, kind, int(target), body, reply_to_id=self.reply_to.data, seen=self.seen.data, **words
        )
