"""The part of an image that somebody chose for a picture or a cover."""

from wtforms import FloatField, SelectField
from wtforms.validators import NumberRange

from core.images import Crop
from web.forms import Form


class CropForm(Form):
    x = FloatField(default=0.5, validators=[NumberRange(0, 1)])
    y = FloatField(default=0.5, validators=[NumberRange(0, 1)])
    zoom = FloatField(default=1.0, validators=[NumberRange(1, 8)])

    def crop(self):
        """The part; without script it is the middle."""
        return Crop(self.x.data, self.y.data, self.zoom.data)


class PictureForm(CropForm):
    kind = SelectField(choices=["picture", "cover"])
