"""What is asked of whoever sets up a new site."""

from wtforms import SelectField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from core.i18n import gettext
from core.i18n import lazy as _
from forms.accounts import first_password, new_name, optional_address, password_again
from forum import first_categories, registration
from web.forms import Form


class SetUpForm(Form):
    code = StringField(
        _("Set-up code"),
        [InputRequired(_("Enter the code."))],
        description=_("It stands in the terminal, or in the log, in which the server was started."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 40},
    )
    title = StringField(
        _("Name of the site"), [InputRequired(_("The site needs a name.")), Length(max=60)], render_kw={"maxlength": 60}
    )
    name = new_name(_("Your name"), _("You are the administrator."))
    email = optional_address(_("Nobody sees it. It lets you choose a new password when you forget yours."))
    password = first_password()
    repeat = password_again()
    skin = StringField()
    mode = SelectField(_("Who may register"))
    categories = SelectField(_("Categories to begin with"), description=_("All of it can be changed later."))
    submit = SubmitField(_("Set up the site"))

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.mode.choices = [(key, gettext(words)) for key, words in registration.MODES.items()]
        self.categories.choices = [(key, gettext(words)) for key, words in first_categories.TITLES.items()]
