"""Free, independent debt advice by country: public bodies and charities, as they publish their own contacts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Adviser:
    name: str
    website: str
    phone: str = ""


ADVISERS: dict[str, tuple[Adviser, ...]] = {
    "AU": (Adviser("National Debt Helpline", "https://ndh.org.au/", "1800 007 007"),),
    "CA": (Adviser("Credit Counselling Canada", "https://creditcounsellingcanada.ca/"),),
    "CN": (Adviser("12378 金融消费者投诉维权热线", "https://www.nfra.gov.cn/", "12378"),),
    "DE": (
        Adviser(
            "Caritas Schuldnerberatung", "https://www.caritas.de/hilfeundberatung/onlineberatung/schuldnerberatung/"
        ),
        Adviser("Diakonie Schuldnerberatung", "https://hilfe.diakonie.de/"),
    ),
    "FR": (Adviser("Points conseil budget", "https://www.mesquestionsdargent.fr/"),),
    "GB": (
        Adviser("StepChange Debt Charity", "https://www.stepchange.org/", "0800 138 1111"),
        Adviser("National Debtline", "https://nationaldebtline.org/", "0808 808 4000"),
        Adviser("Citizens Advice", "https://www.citizensadvice.org.uk/"),
    ),
    "IE": (Adviser("MABS", "https://mabs.ie/", "0818 07 2000"),),
    "NL": (Adviser("Geldfit", "https://geldfit.nl/", "0800 8115"),),
    "NZ": (Adviser("MoneyTalks", "https://www.moneytalks.co.nz/", "0800 345 123"),),
    "SG": (Adviser("Credit Counselling Singapore", "https://www.ccs.org.sg/"),),
    "TW": (Adviser("財團法人法律扶助基金會", "https://www.laf.org.tw/", "412-8518"),),
    "US": (Adviser("National Foundation for Credit Counseling", "https://www.nfcc.org/"),),
}


def advisers_in(country: str) -> tuple[Adviser, ...]:
    """None listed is an honest answer: the page then says how to look for one."""
    return ADVISERS.get(country.upper(), ())
