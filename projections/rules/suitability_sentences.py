"""The sentences of a suitability check, in English and Chinese, by their reason; {names} come from a finding.

Screens and refusals read them. A sentence may be worded better at any time: no verdict depends on it.
"""

from collections.abc import Mapping
from typing import Literal

from events.suitability_file import DutyName
from projections.rules.rule import Wording

Language = Literal["en", "zh"]


def sentence(reason: str, told: tuple[tuple[str, str], ...], language: Language = "en") -> str:
    """A finding's reason as a sentence; the reason's own name where this version has no words for it."""
    wording = REASONS.get(reason)
    if wording is None:
        return reason
    chosen = wording.zh if language == "zh" else wording.en
    return chosen.format_map(_Told(told))


def duty_sentence(duty: DutyName, language: Language = "en") -> str:
    """What must still be done, as a sentence."""
    return DUTIES[duty].zh if language == "zh" else DUTIES[duty].en


class _Told(dict[str, str]):
    """Values by name; one that a finding of another version did not tell shows as its name."""

    def __missing__(self, name: str) -> str:
        return name


def _w(en: str, zh: str) -> Wording:
    return Wording(en=en, zh=zh)


REASONS: Mapping[str, Wording] = {
    "regime_not_in_pack": _w(
        "The pack {pack} has no rules for the regime {regime}.", "规则包 {pack} 不含 {regime} 的规则。"
    ),
    "professional": _w("Not asked of a professional investor.", "专业投资者不适用。"),
    "product_unknown": _w("The product is not in the catalogue.", "产品未登记。"),
    "product_not_on_sale": _w("The product is not on sale: {status}.", "产品未在售：{status}。"),
    "product_not_approved": _w(
        "The version in force has no approval: {approval}.", "现行版本未获批准：{approval}。"
    ),
    "product_on_sale": _w("The product is on sale.", "产品在售。"),
    "channel_not_named": _w("Nobody said through which channel it is sold.", "未说明销售渠道。"),
    "channel_unknown": _w("The channel is not registered.", "渠道未登记。"),
    "channel_not_contracted": _w("The channel may not sell for us: {status}.", "渠道无销售资格：{status}。"),
    "channel_licence_expired": _w("The channel's licence has expired.", "渠道许可已过期。"),
    "channel_not_authorised": _w(
        "The channel is not authorised for this product.", "渠道未获授权销售该产品。"
    ),
    "channel_authorised": _w("The channel is authorised for this product.", "渠道已获授权。"),
    "no_seller": _w("The customer acts alone on this channel.", "客户自助办理。"),
    "seller_not_named": _w("Nobody said who sells it.", "未说明销售人员。"),
    "seller_unknown": _w("The seller is not registered.", "销售人员未登记。"),
    "seller_not_in_service": _w("The seller is not in service.", "销售人员不在岗。"),
    "seller_without_licence": _w(
        "The seller holds no licence of {needed}.", "销售人员无 {needed} 执业资格。"
    ),
    "seller_without_certificate": _w(
        "The seller holds no certificate of {needed}.", "销售人员无 {needed} 证书。"
    ),
    "seller_qualified": _w("The seller is qualified for it.", "销售人员具备资格。"),
    "open_to_all": _w("Open to every investor.", "面向所有投资者。"),
    "qualified_investor": _w("A qualified investor, as proved.", "已证明为合格投资者。"),
    "not_qualified_investor": _w(
        "Only qualified investors may buy it, and there is no proof.", "仅限合格投资者，未提供证明。"
    ),
    "profile_not_needed": _w("This product asks for no risk profile.", "该产品无需风险评估。"),
    "profile_missing": _w("The customer has no risk profile.", "客户未做风险评估。"),
    "profile_expired": _w(
        "The risk profile was valid through {valid_until}.", "风险评估有效期至 {valid_until}。"
    ),
    "never_face_to_face": _w(
        "The first assessment for our own wealth product must be face to face.",
        "首次购买本行理财须当面评估。",
    ),
    "profile_valid": _w(
        "Graded {grade}, valid through {valid_until}.", "评级 {grade}，有效期至 {valid_until}。"
    ),
    "product_not_rated": _w("The product carries no risk level.", "产品无风险等级。"),
    "level_not_needed": _w("This product is not held against the grade.", "该产品不按风险等级匹配。"),
    "grade_unknown": _w("The customer's grade is unknown.", "客户评级未知。"),
    "level_matches": _w("{level} suits a customer graded {grade}.", "{level} 与客户评级 {grade} 匹配。"),
    "lowest_grade_beyond_its_level": _w(
        "A customer of the lowest tolerance ({grade}) may buy {highest} only, even on request.",
        "最低风险承受能力（{grade}）客户仅可购买 {highest}，主动要求亦不得例外。",
    ),
    "level_beyond_grade_blocked": _w(
        "{level} is beyond what a customer graded {grade} may buy (up to {highest}); "
        "bank wealth products and insurance know no exception.",
        "{level} 超过 {grade} 客户可购买的等级（最高 {highest}），不得例外。",
    ),
    "level_beyond_grade": _w(
        "{level} is beyond what suits a customer graded {grade} (up to {highest}).",
        "{level} 超过 {grade} 客户的适配等级（最高 {highest}）。",
    ),
    "age_not_weighed": _w("Age needs no weighing here.", "无需考虑年龄。"),
    "age_unknown": _w("The customer's age band is not recorded.", "未记录年龄段。"),
    "senior_experience_unknown": _w(
        "At this age {level} asks for {needed} year(s) of experience; nobody asked.",
        "该年龄段购买 {level} 须有 {needed} 年经验，尚未了解。",
    ),
    "senior_without_experience": _w(
        "At this age {level} asks for {needed} year(s) of experience.",
        "该年龄段购买 {level} 须有 {needed} 年经验。",
    ),
    "senior_experienced": _w("Age was weighed; the experience suffices.", "已考虑年龄，经验足够。"),
    "objective_met": _w("It meets the customer's objectives and tolerance.", "符合客户投资目标与风险偏好。"),
    "objective_not_met": _w("It does not meet the customer's objectives.", "不符合客户投资目标。"),
    "objective_not_assessed": _w("Nobody asked about objectives.", "未了解投资目标。"),
    "capacity_met": _w("The customer can bear the loss.", "客户能承受损失。"),
    "capacity_not_met": _w("The customer cannot bear the loss.", "客户不能承受损失。"),
    "capacity_not_assessed": _w("Nobody asked what loss can be borne.", "未了解损失承受能力。"),
    "knowledge_met": _w("The customer knows such products.", "客户具备相关知识经验。"),
    "knowledge_not_met": _w("The customer lacks knowledge and experience.", "客户缺乏相关知识经验。"),
    "knowledge_not_assessed": _w("Nobody asked about knowledge and experience.", "未了解知识与经验。"),
    "execution_only_non_complex": _w(
        "Not complex, and the customer's own wish: no test is asked for.",
        "非复杂产品且客户自主下单，免测试。",
    ),
    "need_not_recorded": _w("No need of the customer is on record.", "未记录客户需求。"),
    "need_recorded": _w("The need is on record.", "已记录客户需求。"),
    "commitment_unknown": _w("Nobody worked out what share it takes.", "未评估缴费负担。"),
    "affordable": _w("It takes {share}, within {most}.", "占比 {share}，未超过 {most}。"),
    "not_affordable": _w("It takes {share}; at most {most} is affordable.", "占比 {share}，超过 {most}。"),
    "target_market_undefined": _w("No target market is defined.", "未定义目标市场。"),
    "outside_target_market": _w(
        "Outside target market {version}: {outside}.", "不在目标市场 {version} 内：{outside}。"
    ),
    "in_target_market": _w("Inside target market {version}.", "在目标市场 {version} 内。"),
    "in_negative_market": _w(
        "Target market {version} says it is not for this customer: {because}.",
        "目标市场 {version} 排除该客户：{because}。",
    ),
    "not_in_negative_market": _w("Not excluded by target market {version}.", "目标市场 {version} 未排除。"),
}

DUTIES: Mapping[DutyName, Wording] = {
    "face_to_face_assessment": _w("Assess the customer face to face.", "当面进行风险评估。"),
    "disclosure": _w("Give the product documents and have them acknowledged.", "交付产品文件并确认。"),
    "dual_recording": _w("Record the sale in sound and picture.", "销售过程录音录像。"),
    "special_warning": _w("Give the special written warning.", "给予特别书面风险警示。"),
    "own_initiative_statement": _w(
        "Have the customer state the own initiative in writing.", "客户书面声明主动要求。"
    ),
    "suitability_report": _w("Give the suitability report before the transaction.", "交易前提供适当性报告。"),
    "appropriateness_warning": _w("Warn that it may not be appropriate.", "警示产品可能不适合。"),
    "cooling_off": _w("Start the cooling-off period.", "启动冷静期。"),
    "callback": _w("Ring the customer back within the period.", "在期限内回访确认。"),
    "yearly_review": _w("Review the suitability every year.", "每年复核适当性。"),
}
