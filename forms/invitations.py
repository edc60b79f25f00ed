"""What is asked of somebody who was invited: his address is known."""

from forms.registration import RegisterForm


class InvitedForm(RegisterForm):
    email = None
