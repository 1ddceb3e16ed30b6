"""Filters of the staff pages."""

from __future__ import annotations

from django import template

from accounts.masking import masked_name
from accounts.products import product_words
from accounts.words import delivery_words, import_words, status_words

register = template.Library()

register.filter("masked", masked_name)
register.filter("product", product_words)
register.filter("status_words", status_words)
register.filter("import_words", import_words)
register.filter("delivery_words", delivery_words)
