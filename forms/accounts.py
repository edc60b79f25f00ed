"""What is asked of somebody who registers, logs in or changes the password."""

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import Email, EqualTo, InputRequired, Length, Optional

from core.i18n import lazy as _
from web.forms import Form


class LoginForm(Form):
    name = StringField(
        _("Name or e-mail address"),
        [InputRequired(_("Enter your name."))],
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": 320,
        },
    )
    password = PasswordField(
        _("Password"),
        [InputRequired(_("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    remember = BooleanField(_("Remember me for two weeks"), default=True)
    next = HiddenField()
    submit = SubmitField(_("Log in"))


class RegisterForm(Form):
    name = StringField(
        _("Name"),
        [InputRequired(_("Choose a name."))],
        description=_("2 to 16 letters of any script. This is what others see."),
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": 60,
        },
    )
    email = EmailField(
        _("E-mail address"),
        [Optional(), Email(_("This is not an e-mail address.")), Length(max=320)],
        description=_("Optional. Nobody sees it."),
        render_kw={"autocomplete": "email"},
    )
    password = PasswordField(
        _("Password"),
        [InputRequired(_("Choose a password."))],
        description=_("At least 8 characters. Four words in a row are easy to keep in mind and hard to guess."),
        render_kw={"autocomplete": "new-password"},
    )
    repeat = PasswordField(
        _("Password again"),
        [EqualTo("password", _("The two passwords are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )
    next = HiddenField()
    submit = SubmitField(_("Register"))


class ForgottenForm(Form):
    email = EmailField(
        _("E-mail address"),
        [InputRequired(_("Enter your address.")), Email(_("This is not an e-mail address.")), Length(max=320)],
        render_kw={"autocomplete": "email"},
    )
    submit = SubmitField(_("Send the link"))


class NewPasswordForm(Form):
    password = PasswordField(
        _("New password"),
        [InputRequired(_("Choose a password."))],
        render_kw={"autocomplete": "new-password"},
    )
    repeat = PasswordField(
        _("New password again"),
        [EqualTo("password", _("The two passwords are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField(_("Set password"))


class AddressForm(Form):
    email = EmailField(
        _("E-mail address"),
        [Optional(), Email(_("This is not an e-mail address.")), Length(max=320)],
        description=_("Nobody sees it. Leave it empty to have none."),
        render_kw={"autocomplete": "email"},
    )
    current = PasswordField(
        _("Your password"),
        [InputRequired(_("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_("Save and send a link"))


class PasswordForm(NewPasswordForm):
    current = PasswordField(
        _("Password now"),
        [InputRequired(_("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_("Change password"))
