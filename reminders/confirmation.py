"""The one sentence sent after "stop", in the words of the channel the person wrote on."""

from __future__ import annotations

from collections.abc import Mapping

CONFIRMATION = "opt_out_confirmation"
WORDS: Mapping[str, str] = {
    "en": "{company}: understood. You will get no more text messages from us. Reply START to change this.",
    "zh-hans": "{company}：已收到。我们不会再给您发短信。如需恢复，请回复 START。",
    "zh-hant": "{company}：已收到。我們不會再傳簡訊給您。如需恢復，請回覆 START。",
}
EVERYTHING: Mapping[str, str] = {
    "en": "{company}: understood. We will not contact you any more. Reply START to get text messages again.",
    "zh-hans": "{company}：已收到。我们不会再联系您。如需恢复短信，请回复 START。",
    "zh-hant": "{company}：已收到。我們不會再聯絡您。如需恢復簡訊，請回覆 START。",
}
BY_EMAIL: Mapping[str, str] = {
    "en": "{company}: understood. You will get no more e-mails from us.",
    "zh-hans": "{company}：已收到。我们不会再给您发邮件。",
    "zh-hant": "{company}：已收到。我們不會再寄郵件給您。",
}


def confirmation_text(company: str, *, language: str, everything: bool, channel: str = "sms") -> str:
    words = EVERYTHING if everything else BY_EMAIL if channel == "email" else WORDS
    return words[language].format(company=company)
