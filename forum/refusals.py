"""What a verb raises when it does not do what was asked, each with words for the person who asked."""


class Refusal(Exception):
    """The base: `reason` is a sentence for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Missing(Refusal):
    """There is nothing here, or nothing that this viewer may know of."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)


class Gone(Refusal):
    """There was something here, and it was removed for good."""


class Moved(Refusal):
    """It stands somewhere else now: `address` leads there."""

    def __init__(self, reason: str, address: str) -> None:
        super().__init__(reason)
        self.address = address


class Forbidden(Refusal):
    """The viewer sees the thing but may not do this to it."""


class Invalid(Refusal):
    """A value breaks a rule; `field` names the input it belongs to."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Conflict(Refusal):
    """The thing changed meanwhile."""


class TooMany(Refusal):
    """Too often; `seconds` is how long to wait."""

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Busy(Refusal):
    """There is too much to do just now; `seconds` is after how long it may be tried again."""

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds
