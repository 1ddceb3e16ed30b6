"""网页授权 of WeChat's official accounts: in its own browser WeChat says who looks, by a code the merchant turns in."""

import json
import re
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, page, redirect
from wallets.sandbox.wechat.merchant import APP_ID
from wallets.sandbox.wechat.world import Refusal, World, token

CODE_LIVES = timedelta(minutes=5)
# WeChat compares the address with a pattern of its own: a name in another place is an error.
ORDER = re.compile(r"[^?]*\?appid=[^&]*&redirect_uri=[^&]*&response_type=code&scope=[^&]*(&state=[^&]*)?", re.ASCII)
STATE = re.compile(r"[A-Za-z0-9]{0,128}", re.ASCII)


class Accounts:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            ("GET", "/wechat/connect/oauth2/authorize", self.authorize),
            ("GET", "/wechat/sns/oauth2/access_token", self.turn_in),
        ]

    def authorize(self, request: Request) -> Response:
        """Silent with `snsapi_base`: the browser is sent on at once."""
        try:
            back = self._checked(request)
        except Refusal as refusal:
            return page(request, "refused.html", {"code": refusal.code, "text": refusal.text, "return_url": ""}, 400)
        code = token()
        until = (self.world.now() + CODE_LIVES).isoformat()
        self.world.store.put("wechat.code", code, {"openid": self.world.payer(), "until": until, "used": False})
        query = urlencode({"code": code, "state": request.query.get("state", "")})
        return redirect(f"{back}{'&' if '?' in back else '?'}{query}")

    def _checked(self, request: Request) -> str:
        asked = request.query
        if "MicroMessenger" not in request.headers.get("user-agent", ""):
            raise Refusal("10002", "请在微信客户端打开链接")
        if asked.get("appid") != APP_ID:
            raise Refusal("10013", "AppID 参数错误")
        if asked.get("scope") != "snsapi_base" or not ORDER.fullmatch(request.target):
            raise Refusal("10005", "Scope 参数错误或没有 Scope 权限")
        if not STATE.fullmatch(asked.get("state", "")):
            raise Refusal("10016", "state 参数错误")
        back = asked.get("redirect_uri", "")
        if urlsplit(back).scheme not in ("http", "https"):
            raise Refusal("10003", "redirect_uri 参数错误")
        return back

    def turn_in(self, request: Request) -> Response:
        """The code for the openid. Every answer has status 200; a refusal is a number in it."""
        with self.world.store.lock:
            fault = self.world.strike("access_token", writes=True)
            if fault["kind"] == "timeout_before_commit":
                request.hang_up()
                return Response()
            if fault["kind"] == "http_500":
                return Response(b"<html>error</html>", 500)
            refused = {"rate_limited": (45011, "api minute-quota reach limit"), "decline": (-1, "system error")}
            known = refused.get(fault["kind"]) or self._wrong(request.query)
            answer = _refusal(*known) if known else self._told(request.query["code"])
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        text = "{not json" if fault["kind"] == "garbage" else json.dumps(answer)
        return Response(text.encode(), 200, "text/plain")

    def _wrong(self, asked: dict[str, str]) -> tuple[int, str] | None:
        code = self.world.store.get("wechat.code", asked.get("code", "")) or {}
        checks = (
            (asked.get("appid") != APP_ID, 40013, "invalid appid"),
            (asked.get("secret") != self.world.seal.app_secret, 40125, "invalid appsecret"),
            (asked.get("grant_type") != "authorization_code", 40002, "invalid grant_type"),
            (not asked.get("code"), 41008, "missing code"),
            (not code, 40029, "invalid code"),
            (code.get("used"), 40163, "code been used"),
            (code.get("until", "") <= self.world.stamp(), 42003, "code expired"),
        )
        return next(((number, text) for wrong, number, text in checks if wrong), None)

    def _told(self, name: str) -> Document:
        code = self.world.store.get("wechat.code", name) or {}
        self.world.store.put("wechat.code", name, {**code, "used": True})
        tokens = {"access_token": token(), "expires_in": 7200, "refresh_token": token()}
        return {**tokens, "openid": code["openid"], "scope": "snsapi_base"}


def _refusal(number: int, text: str) -> Document:
    return {"errcode": number, "errmsg": f"{text}, rid: sandbox"}
