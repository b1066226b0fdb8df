"""The first administrator of a started product, and a second start when there is one."""

from __future__ import annotations

import re

import httpx
import pyotp
import pytest

from tests.support.staff import PASSWORD, secret_on

from .conftest import Launch
from .product import PATIENCE, READY, Product, until

pytestmark = pytest.mark.stack

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/staff/invitation/[\w-]{43})")


def register(product: Product, path: str) -> int:
    """Become the administrator by the link; returns the status of the page of members."""
    with httpx.Client(
        base_url=product.url, trust_env=False, headers={"Origin": product.url}
    ) as http:
        fields = {"name": "管理 太郎", "login": "kanri@city.example.jp", "password": PASSWORD}
        assert http.post(path, data=fields).headers["location"] == "/staff/enrol"
        secret = secret_on(http.get("/staff/enrol").text)
        assert http.post("/staff/enrol", data={"code": pyotp.TOTP(secret).now()}).status_code == 200
        return http.get("/staff/members").status_code


def test_a_first_start_prints_a_link_that_makes_the_administrator(launch_quickly: Launch) -> None:
    """No password is there from the beginning; once somebody is there, a start prints no link."""
    product = launch_quickly()
    product.wait_until_ready()
    (path,) = LINK.findall(product.printed)
    status = register(product, path)
    product.end()
    product.start()
    until(lambda: product.printed.count(READY) == 2, "it is ready again", PATIENCE)

    assert status == 200
    assert LINK.findall(product.printed) == [path]
