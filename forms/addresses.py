"""What is asked of somebody who changes his e-mail address."""

from wtforms import EmailField, SubmitField
from wtforms.validators import Email, Length, Optional

from core.i18n import lazy as _
from forms.accounts import password_now
from web.forms import Form


class AddressForm(Form):
    email = EmailField(
        _("E-mail address"),
        [Optional(), Email(_("This is not an e-mail address.")), Length(max=320)],
        description=_("Nobody sees it. Leave it empty to have none."),
        render_kw={"autocomplete": "email"},
    )
    current = password_now()
    submit = SubmitField(_("Save and send a link"))
