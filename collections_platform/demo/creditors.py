"""The demo's creditors: who they are, where, and what their placements look like."""

from __future__ import annotations

from dataclasses import dataclass

CHINESE_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
CHINESE_GIVEN = (
    "芳",
    "伟",
    "娜",
    "敏",
    "静",
    "磊",
    "洋",
    "艳",
    "勇",
    "杰",
    "秀英",
    "桂兰",
    "建国",
    "晓明",
    "思远",
    "雨桐",
)
TAIWAN_GIVEN = ("怡君", "志明", "淑芬", "俊宏", "雅婷", "家豪", "美玲", "宗翰", "欣怡", "冠宇", "佩珊", "承恩")


@dataclass(frozen=True)
class DemoCreditor:
    """`headers` are the creditor's own words for the columns, in the order of `portfolios.FIELDS`."""

    code: str
    name: str
    country: str
    role: str
    currency: str
    product: str
    accounts: int
    typical_minor: int
    phone: str
    languages: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    support_email: str
    support_phone: str
    licence_note: str
    headers: tuple[str, ...]

    @property
    def family_first(self) -> bool:
        return self.country in ("CN", "TW")


ENGLISH_HEADERS = (
    "Account No", "Customer No", "Full Name", "Email", "Mobile", "Language", "Product", "Currency", "Balance",
    "Due Date", "Credit Limit", "Birth Year",
)  # fmt: skip
CHINESE_HEADERS = (
    "账户编号", "客户编号", "姓名", "电子邮箱", "手机", "语言", "产品", "币种",
    "欠款余额", "到期日", "信用额度", "出生年份",
)  # fmt: skip

CREDITORS = (
    DemoCreditor(
        code="harbour", name="Harbour Bank 海港银行", country="CN", role="first_party_creditor", currency="CNY",
        product="credit_card", accounts=240, typical_minor=420_000, phone="+861380000{:04d}",
        languages=("zh-hans", "zh-hans", "en"), given=CHINESE_GIVEN, family=tuple(CHINESE_FAMILY),
        support_email="care@harbourbank.example", support_phone="+86 400 000 0000",
        licence_note="Demo creditor, supervised by nobody", headers=CHINESE_HEADERS,
    ),
    DemoCreditor(
        code="formosa", name="Formosa Mobile", country="TW", role="first_party_creditor", currency="TWD",
        product="telecom", accounts=120, typical_minor=389_900, phone="+886912000{:03d}",
        languages=("zh-hant",), given=TAIWAN_GIVEN, family=tuple("陳林黃張李王吳劉蔡楊許鄭"),
        support_email="care@formosa.example", support_phone="+886 800 000 000",
        licence_note="Demo creditor", headers=ENGLISH_HEADERS,
    ),
    DemoCreditor(
        code="thames", name="Thames Energy", country="GB", role="third_party_collector", currency="GBP",
        product="invoice", accounts=140, typical_minor=21_500, phone="+447911123{:03d}",
        languages=("en",),
        given=("Olivia", "George", "Amelia", "Harry", "Isla", "Noah", "Ava", "Arthur", "Grace", "Leo", "Sana", "Imran"),
        family=("Smith", "Jones", "Taylor", "Khan", "Brown", "Patel", "Wilson", "Evans", "Roberts", "Walker", "Begum"),
        support_email="care@thames.example", support_phone="+44 20 7946 0000",
        licence_note="Demo agency, FRN 000000", headers=ENGLISH_HEADERS,
    ),
    DemoCreditor(
        code="acacia", name="Acacia Microloans", country="KE", role="first_party_creditor", currency="KES",
        product="loan", accounts=100, typical_minor=860_000, phone="+254700000{:03d}",
        languages=("en",),
        given=("Wanjiru", "Otieno", "Achieng", "Kamau", "Njeri", "Mwangi", "Akinyi", "Kiprop", "Chebet", "Baraka"),
        family=("Odhiambo", "Kariuki", "Mutua", "Wambui", "Ochieng", "Kimani", "Cheruiyot", "Barasa", "Hassan"),
        support_email="care@acacia.example", support_phone="+254 20 000 0000",
        licence_note="Demo lender", headers=ENGLISH_HEADERS,
    ),
)  # fmt: skip
