"""How the supervisor deals with children that hang, or do not end when asked to (fake engine)."""

from __future__ import annotations

import os
import signal

import pytest

from .conftest import Launch
from .journals import as_shown, transcript_of
from .product import FAKE_ENGINE, GATEWAY
from .residents import Visitor

pytestmark = pytest.mark.stack


def test_a_hung_gateway_is_replaced(launch_quickly: Launch) -> None:
    """A gateway that no longer answers is ended and replaced, with every conversation intact."""
    product = launch_quickly()
    product.wait_until_ready()
    with Visitor(product.url) as visitor:
        conversation = visitor.open()
        visitor.say(conversation, "こんにちは")
    gateway = product.wait_for(GATEWAY)

    os.kill(gateway, signal.SIGSTOP)
    product.wait_for(GATEWAY, other_than=gateway)
    product.wait_until_complete()

    assert gateway not in product.processes()
    assert "ゲートウェイ：応答がないため止めました。起動し直します\n" in product.printed
    with Visitor(product.url) as visitor:
        transcript = [as_shown(line) for line in visitor.transcript(conversation)]
    assert transcript == transcript_of(conversation)


def test_a_child_that_does_not_end_when_asked_is_killed(launch_quickly: Launch) -> None:
    """A hung child does not keep the product from stopping."""
    product = launch_quickly()
    product.wait_until_ready()
    os.kill(product.wait_for(FAKE_ENGINE), signal.SIGSTOP)

    status = product.stop()

    assert (status, product.processes()) == (0, {})
