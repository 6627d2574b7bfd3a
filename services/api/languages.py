"""The languages that pages speak, and which of them an answer is in; the console has its words beside it.

The few texts of the pages that one signs in with stand here, because these must do without the console.
"""

from fastapi import Request

CODES: tuple[str, ...] = ("en", "zh-Hans", "zh-Hant")
NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
DEFAULT = "en"
_FALLBACKS = {"zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-hans": "zh-Hans"} | dict.fromkeys(
    ("zh-tw", "zh-hk", "zh-mo", "zh-hant"), "zh-Hant"
)

NO_PASSWORDS = (
    "For demonstration and local use only: there are no passwords, and whoever sits at this machine may be "
    "any of these. A bank sets an OpenID Connect provider instead."
)

_SIGN_IN: dict[str, tuple[str, str]] = {
    "Who are you today?": ("您今天以谁的身份登录？", "您今天以誰的身份登入？"),
    NO_PASSWORDS: (
        "仅供演示与本机使用：没有密码，使用本机的人可以选择任一身份。银行应改用 OpenID Connect 身份提供方。",
        "僅供示範與本機使用：沒有密碼，使用本機的人可以選擇任何一個身份。"
        "銀行應改用 OpenID Connect 身份提供方。",
    ),
    "You are signed out": ("您已退出登录", "您已登出"),
    "Sign in again": ("重新登录", "重新登入"),
    "Sign in": ("登录", "登入"),
    "Signing in did not work": ("登录未成功", "登入未成功"),
}
"""The texts of the sign-in in Simplified and Traditional Chinese."""


def code_of(request: Request) -> str:
    """The language of an answer: asked for in the address, kept in a cookie, or the browser's."""
    accepted = request.headers.get("accept-language", "")
    return negotiated(request.query_params.get("lang"), request.cookies.get("daybook-lang"), accepted)


def said(text: str, code: str) -> str:
    """A text of the sign-in in a language."""
    return text if code == DEFAULT else _SIGN_IN[text][CODES.index(code) - 1]


def negotiated(asked: str | None, kept: str | None, accepted: str) -> str:
    """The code of the language to answer in: asked for in the address, kept in a cookie, or the browser's."""
    for code in (asked, kept):
        if code in CODES:
            return str(code)
    for part in accepted.split(","):
        found = _closest(part.partition(";")[0].strip().lower())
        if found is not None:
            return found
    return DEFAULT


def _closest(tag: str) -> str | None:
    parts = tag.split("-")
    for width in range(len(parts), 0, -1):
        found = "-".join(parts[:width])
        if found in _FALLBACKS:
            return _FALLBACKS[found]
        if found == "en":
            return "en"
    return None
