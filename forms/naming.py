"""What is asked of somebody who changes a name."""

from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired

from core.i18n import lazy as _
from forms.accounts import password_now
from web.forms import Form


class NameForm(Form):
    name = StringField(
        _("New name"),
        [InputRequired(_("Choose a name."))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": 60},
    )
    current = password_now()
    submit = SubmitField(_("Change the name"))
