"""What a reply, an edit and a topic look like when they arrive; only what is hidden in a form is checked here."""

from wtforms import HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp

from web.forms import Form

A_KEY = Regexp(r"[A-Za-z0-9_-]{0,40}\Z")


class ReplyForm(Form):
    body = TextAreaField(default="")
    reply_to = IntegerField(validators=[Optional(), NumberRange(1, 2**63 - 1)])
    send_key = HiddenField(default="", validators=[A_KEY])
    version = IntegerField(default=0, validators=[Optional(), NumberRange(0, 2**53)])


class TopicForm(Form):
    cid = IntegerField(validators=[Optional(), NumberRange(1, 2**63 - 1)])
    publish_at = StringField(default="")
    title = StringField(default="")
    tags = StringField(default="")
    body = TextAreaField(default="")
    send_key = HiddenField(default="", validators=[A_KEY])
    version = IntegerField(default=0, validators=[Optional(), NumberRange(0, 2**53)])

    def texts(self):
        """What somebody wrote: title, text, tags."""
        return self.title.data, self.body.data, self.tags.data


class EditForm(Form):
    title = StringField()
    tags = StringField()
    body = TextAreaField(default="")
    reason = StringField(default="")
    seen = IntegerField(validators=[InputRequired(), NumberRange(1, 2**63 - 1)])
    send_key = HiddenField(default="", validators=[A_KEY])
    version = IntegerField(default=0, validators=[Optional(), NumberRange(0, 2**53)])

    def details(self):
        """What the verb takes besides the text; title and tags only where the form had them."""
        named = {"title": self.title.data, "tag_line": self.tags.data, "send_key": self.send_key.data}
        return {"version": self.seen.data, "reason": self.reason.data or "", **named}
