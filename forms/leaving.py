"""What is asked of somebody who deletes an account."""

from wtforms import SubmitField

from core.i18n import lazy as _
from forms.accounts import password_now
from web.forms import Form


class LeavingForm(Form):
    current = password_now()
    submit = SubmitField(_("Delete the account"))
