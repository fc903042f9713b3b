"""What a password must be."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from posture_tools.pages.words import active_words


class LongEnough(MinimumLengthValidator):
    """The framework's, whose own text is not in all of our languages."""

    def get_error_message(self) -> str:
        return active_words()("accounts", "short", self.min_length)

    def get_help_text(self) -> str:
        return self.get_error_message()
