"""The few names that Rasa's side and the gateway's side share."""

FAQ = "faq"
CLARIFY = "clarify"
FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
SUBJECT_MISSING = "subject_missing"
SERVICE_SLOT = "service"
SELECTOR_PROPERTY = "scenario_ranking"
ZONE = "zone"
ZONE_KIND = "zone_kind"
SAID = "said"


def utter(intent: str) -> str:
    """Name the response action of an intent, as Rasa does."""
    return f"utter_{intent}"
