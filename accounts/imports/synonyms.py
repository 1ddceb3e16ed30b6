"""What creditors call their columns: English, its common abbreviations, Chinese in both scripts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Compared without case, spaces and punctuation.
SYNONYMS = {
    "account_reference": (
        "account reference|account ref|acct ref|account no|account number|account num|account id|acct no|acct|"
        "acct number|acct id|loan no|loan number|loan id|card no|contract no|contract number|contract id|agreement no|"
        "agreement number|case no|case id|reference|ref|our ref|debt id|invoice no|invoice number|账户编号|账号|账户|"
        "帐号|账户号|合同编号|合同号|贷款编号|借据号|卡号|案件编号|帳戶編號|帳號|帳戶|帳戶號碼|合約編號|合約號碼|"
        "貸款編號|卡號|案件編號|契約編號|account|creditor reference|编号|編號"
    ),
    "customer_reference": (
        "customer reference|customer ref|customer no|customer number|customer id|cust no|cust id|cust ref|client no|"
        "client id|client ref|debtor id|debtor no|debtor ref|borrower id|person id|member id|member no|cif|cif no|"
        "客户编号|客户号|客户代码|会员号|客戶編號|客戶號|客戶代號|會員編號|戶號"
    ),
    "name": (
        "name|full name|customer name|client name|debtor name|debtor|borrower|borrower name|cardholder|"
        "cardholder name|cust name|姓名|客户姓名|客户名称|债务人|债务人姓名|借款人|持卡人|客戶姓名|客戶名稱|債務人|"
        "債務人姓名|名字"
    ),
    "given_name": "first name|given name|forename|fname|firstname|名",
    "family_name": "last name|family name|surname|lname|lastname|姓|姓氏",
    "emails": (
        "email|emails|e mail|email address|email addresses|mail|primary email|email 1|电子邮箱|电子邮件|邮箱|邮件|"
        "電子郵件|電子信箱|電郵|信箱|電郵地址"
    ),
    "emails_2": "email 2|secondary email|other email|alternative email|work email|备用邮箱|備用電郵",
    "phones": (
        "phone|phones|phone number|phone no|telephone|tel|mobile|mobile phone|mobile no|mobile number|cell|cell phone|"
        "cellphone|contact number|contact no|phone 1|msisdn|手机|手机号|手机号码|电话|电话号码|联系电话|移动电话|"
        "手機|手機號碼|行動電話|電話|電話號碼|聯絡電話|tel no"
    ),
    "phones_2": "phone 2|home phone|landline|home tel|telephone 2|住宅电话|家庭电话|备用电话|住家電話|住宅電話|市話",
    "phones_3": "phone 3|work phone|office phone|business phone|work tel|单位电话|办公电话|公司電話|辦公電話",
    "address": (
        "address|street|street address|address 1|address line 1|addr|mailing address|postal address|full address|地址|"
        "住址|通讯地址|联系地址|通訊地址|聯絡地址|居住地址"
    ),
    "city": "city|town|城市|市",
    "region": "state|province|region|county|省份|省|州|縣市",
    "postcode": "postcode|post code|postal code|zip|zip code|zipcode|邮编|邮政编码|郵遞區號|郵政編碼",
    "country": "country|country code|nation|国家|国家代码|國家|國家代碼|国别|國別",
    "language": "language|lang|language code|preferred language|locale|语言|語言|首选语言|語系",
    "time_zone": "time zone|timezone|tz|时区|時區",
    "product": (
        "product|product type|product code|product name|debt type|account type|loan type|type|产品|产品类型|产品名称|"
        "产品代码|业务类型|產品|產品類型|產品名稱|產品代碼|業務類別"
    ),
    "segment": "segment|segment code|customer segment|risk segment|strategy group|分组|客群|客户分组|分群|客戶分群",
    "currency": "currency|currency code|ccy|curr|cur|iso currency|币种|币别|货币|幣別|幣種|貨幣",
    "balance": (
        "balance|current balance|outstanding|outstanding balance|outstanding amount|amount due|amount outstanding|"
        "amount owed|amount|total due|total balance|total outstanding|bal|curr bal|os balance|o s balance|os amt|"
        "amt due|debt amount|total|欠款|欠款余额|欠款金额|余额|应还金额|应收金额|未还金额|总欠款|欠款總額|欠款餘額|"
        "餘額|欠款金額|應繳金額|應收金額|未還金額|總欠款|结欠|结欠金额|逾期金额|逾期金額|剩余金额|"
        "金额|金額"
    ),
    "principal": (
        "principal|principal balance|principal amount|capital|prin|prin bal|本金|本金余额|剩余本金|本金餘額|剩餘本金"
    ),
    "interest": "interest|interest due|accrued interest|int|int due|interest amount|利息|应收利息|欠息|應收利息",
    "fees": "fees|fee|fees due|charges|late fees|late fee|penalty|费用|手续费|滞纳金|违约金|費用|手續費|滯納金|違約金",
    "costs": "costs|cost|legal costs|court costs|collection costs|催收费用|诉讼费|诉讼费用|訴訟費|訴訟費用|法律費用",
    "due_date": (
        "due date|due|duedate|date due|payment due date|maturity date|oldest due date|first missed payment|"
        "overdue since|past due date|delinquency date|到期日|到期日期|应还日期|还款日|还款日期|逾期日期|应还款日|"
        "應繳日期|繳款期限|還款日|到期日|逾期日期|繳款截止日"
    ),
    "days_past_due": (
        "days past due|dpd|days overdue|days late|overdue days|days delinquent|arrears days|逾期天数|逾期天數|逾期日数"
    ),
    "credit_limit": (
        "credit limit|limit|credit line|cr limit|card limit|信用额度|授信额度|额度|信用額度|授信額度|額度"
    ),
    "birth_year": "birth year|year of birth|yob|出生年份|出生年|出生年度",
    "birth_date": "birth date|date of birth|dob|birthday|birthdate|出生日期|生日",
    "consent_all": "consent|contact consent|marketing consent|同意联系|联系同意|同意聯絡",
    "consent_email": "email consent|consent email|email opt in|邮件同意|電郵同意",
    "consent_sms": "sms consent|consent sms|sms opt in|text consent|短信同意|簡訊同意",
    "consent_call": "call consent|consent call|phone consent|call opt in|电话同意|電話同意",
}
_NOT_WORD = re.compile(r"[\W_]+")


def header_key(header: str) -> str:
    """`Acct. No` and `ACCT_NO` are the same header."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", header).casefold())


FIELD_OF = {header_key(word): field for field, words in SYNONYMS.items() for word in words.split("|")}


def known_headers(headers: Sequence[str]) -> list[str]:
    return [header for header in headers if header_key(header) in FIELD_OF]
