"""A form that may arrive twice and is acted on once."""

from __future__ import annotations

from django import forms

from common.once import LONGEST_TOKEN, new_form_token


class OnceForm(forms.Form):
    """Carries the token that `common.once.use_token` uses up. Its ids are its own, as a page has several forms."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_TOKEN, initial=new_form_token)
