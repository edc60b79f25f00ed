"""What is asked of somebody who registers."""

from wtforms import HiddenField, StringField, SubmitField

from core.i18n import lazy as _
from forms.accounts import first_password, new_name, optional_address, password_again
from web.forms import Form


class RegisterForm(Form):
    name = new_name(_("Name"), _("2 to 16 letters of any script. This is what others see."))
    email = optional_address(_("Optional. Nobody sees it."))
    password = first_password()
    repeat = password_again()
    terms = StringField()
    next = HiddenField()
    submit = SubmitField(_("Register"))
