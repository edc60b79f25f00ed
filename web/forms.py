"""Forms: read from what a form sent, and from nothing else."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm


class Form(FlaskForm):
    """The base of every form. Flask-WTF would also take JSON and files for the fields of a form."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return request.form if form.is_submitted() else None
