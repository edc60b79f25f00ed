"""What is asked of somebody who registers, logs in or changes the password."""

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import Email, EqualTo, InputRequired, Length, Optional

from core.i18n import gettext
from core.i18n import lazy as _
from forum.accounts import settings
from web.forms import Form


def password_now() -> PasswordField:
    """The password as it is, where web/proof.py asks for it."""
    return PasswordField(_("Your password now"), render_kw={"autocomplete": "current-password"})


def new_name(label: str, words: str) -> StringField:
    """The name of somebody who is new here."""
    typing = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": 60}
    return StringField(label, [InputRequired(_("Choose a name."))], description=words, render_kw=typing)


def optional_address(words: str) -> EmailField:
    """The e-mail address of somebody who need not give one."""
    checks = [Optional(), Email(_("This is not an e-mail address.")), Length(max=320)]
    return EmailField(_("E-mail address"), checks, description=words, render_kw={"autocomplete": "email"})


class ChosenPassword(PasswordField):
    """A password that somebody chooses, with what makes a good one."""

    def __init__(self, *given: Any, **more: Any) -> None:
        words = gettext(
            "At least %(least)s characters. Four words in a row are easy to keep in mind and hard to guess.",
            least=settings.password_min,
        )
        super().__init__(*given, description=words, render_kw={"autocomplete": "new-password"}, **more)


def first_password() -> PasswordField:
    """The password of somebody who is new here."""
    return ChosenPassword(_("Password"), [InputRequired(_("Choose a password."))])


def password_again() -> PasswordField:
    """The same password, against slips of the finger."""
    return PasswordField(
        _("Password again"),
        [EqualTo("password", _("The two passwords are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )


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


class ForgottenForm(Form):
    email = EmailField(
        _("E-mail address"),
        [InputRequired(_("Enter your address.")), Email(_("This is not an e-mail address.")), Length(max=320)],
        render_kw={"autocomplete": "email"},
    )
    submit = SubmitField(_("Send the link"))


class NewPasswordForm(Form):
    password = ChosenPassword(_("New password"), [InputRequired(_("Choose a password."))])
    repeat = PasswordField(
        _("New password again"),
        [EqualTo("password", _("The two passwords are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField(_("Set password"))


class PasswordForm(NewPasswordForm):
    current = password_now()
    submit = SubmitField(_("Change password"))
