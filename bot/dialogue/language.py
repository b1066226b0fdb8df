"""In which of the counter's languages a message is written, if it tells.

Scripts decide for Japanese, Korean and Chinese; function words, Vietnamese marks and the shape of
syllables for languages in Latin letters. A greeting, a product name or a number tells nothing.
"""

from __future__ import annotations

import re
import unicodedata

_HIRAGANA = re.compile(r"[\u3041-\u309f]")
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_LATIN_WORD = re.compile(r"[a-z\u00c0-\u024f\u1e00-\u1eff'’]+")
_VIETNAMESE = re.compile(r"[ăđơư\u1ea0-\u1ef9]")
_CHINESE = re.compile(
    r"[吗嗎呢吧啊您你我们們这這哪么麼谁啥咱她它给很怎沒没让讓跟]|请问|請問|多少|可以|需要|办理|辦理|"
    r"什[么麼]|[能要会會]不[能要会會]|是否|了[吗嗎。，？！]|多久|"
    r"几[天岁个号点年月楼]|幾[天歲個號點年月樓]|如何|怎样|为什|為什|不用|想要|去哪|在哪"
)
_PLAIN_ROMAJI = re.compile(
    r"^(?:(?:ky|gy|sh|j|ch|ny|hy|by|py|my|ry|ts|[kgsztdnhbpmyrwf])?(?:[aiueo]|aa|ii|uu|ou|oo|ei|ee)|"
    r"n'?(?![aiueoy])|"
    r"(?:kk|ss|tt|pp|cch|ssh|tts)[aiueo]|(?:kk|ss|tt|pp|cc)y?[aiueo])+$"
)
_CLOSED = {
    "ja": "desu ka wa ga wo masu masen kudasai hoshii ikura doko itsu dou douyatte nani doushitara "
    "shitai imasu arimasu onegaishimasu oshiete kara made watashi kore sore wakarimasen dekimasu "
    "tetsuzuki shinsei mo ni de to no desuka masuka hitsuyou hitsuyo irimasu moraemasu nandesuka "
    "dare hito",
    "en": "certificate fee tax card insurance pension child children nursery garbage address marriage "
    "documents deadline hours registration form health residence office number phone school "
    "application counter month money day the a an is are was do does did how what where when who "
    "which why can could should will would i my me we our you your it to for of and or in on at "
    "from with have has had need want get there this that if am be not much many long about "
    "please into after before just any apply renew register pay",
    "vi": "toi la gi khong bao nhieu o dau duoc cua nhu nao lam muon dang ky thu tuc xin em anh chi bi "
    "khi nao phai nop giay to nha nuoc con minh ban thi va hay mat tien may ngay roi chua hoi sao "
    "sap cho moi tre",
    "tl": "naman sige tulong tao gusto akong makausap kausapin kayong sagot ang ng mga sa ko mo po ba "
    "na nang ano paano magkano saan kailan sino bakit kailangan gusto puwede pwede ako ikaw kami "
    "namin ninyo niyo ito iyon yung ay para kung hindi wala may mayroon meron dito pag lang din "
    "rin naman kunin kukuha anak bayad mag araw hanggang opo oho nag kayo siya",
}
_WORDS = {language: frozenset(words.split()) for language, words in _CLOSED.items()}
# Words of one language alone, each of which tells by itself.
_TELLING = {
    "ja": "kudasai desuka masuka onegaishimasu arimasuka hoshii wakarimasen imasu dekimasu oshiete",
    "tl": "kumusta maraming magkano paano kailan kailangan puwede pwede salamat mga saan ninyo",
    "vi": "khong duoc nhieu giay thu tuc chào chao xin",
    "en": "",
}
_ALONE = {language: frozenset(words.split()) for language, words in _TELLING.items()}
_ENGLISH_SHAPE = re.compile(r"th|wh|ck|tion|sh$|ght|ly$|ed$|ess|ies$|ing$")
_TAGALOG_SHAPE = re.compile(r"^(?:mag|nag|pag|ipa|naka|maka|pinag)|ng$|[aeiou]{1}h?in$|^n[ai]ka")
_POLITE = re.compile(
    r"^(?:ok|okay|thanks|thank you(?: very much)?|thx|hi|hello|bye|yes|no|sorry)[\s!.]*$"
)
# Names that stand in a text of any language.
_NAMES = re.compile(
    r"(?<![a-z])(?:my number(?: card)?|mynumber|residence card|wi-?fi|pay ?pay|line|e-?ltax|qr|pdf)(?![a-z])"
)
_ENOUGH = 2.0
_SURE_BY = 0.5


def detect(text: str) -> str | None:
    """Return the locale that a message is written in, or nothing if that is not clear."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    latin = _latin(_NAMES.sub(" ", plain))
    letters = sum(len(word) for word in _LATIN_WORD.findall(plain))
    if len(_HANGUL.findall(plain)) > len(_KANA.findall(plain)):
        return "ko"
    hiragana = len(_HIRAGANA.findall(plain))
    if _CHINESE.search(plain) and hiragana <= 2:
        return "zh-Hans"
    if _is_simplified(plain) and hiragana < len(_HAN.findall(plain)):
        return "zh-Hans"  # that quotes the Japanese name of a service
    if _KANA.search(plain):
        kana = len(_KANA.findall(plain))
        if latin not in (None, "ja") and letters > 2 * kana:
            return latin
        return "ja" if hiragana else None
    if _HAN.search(plain) and not letters:
        return None
    return latin


def reads_simple_japanese(text: str) -> bool:
    """Tell whether a Japanese message looks as if its writer reads few kanji or is still learning."""
    plain = unicodedata.normalize("NFKC", text).strip()
    kana = len(_HIRAGANA.findall(plain))
    if _HAN.search(plain) or _HANGUL.search(plain):
        return False
    if not _KANA.search(plain):
        return detect(plain) == "ja"
    return kana >= 10 or (kana >= 6 and len(plain.split()) >= 3)


def _is_simplified(text: str) -> bool:
    """Tell whether a text has a Chinese character that Japanese does not know."""
    return any(not _in_japanese_sets(character) for character in _HAN.findall(text))


def _in_japanese_sets(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _latin(plain: str) -> str | None:
    words = _LATIN_WORD.findall(plain)
    if not words or _POLITE.match(plain):
        return None
    if _VIETNAMESE.search(plain):
        return "vi"
    scores = {language: _score(language, words) for language in _WORDS}
    best, second = sorted(scores, key=lambda language: -scores[language])[:2]
    is_clear = scores[best] >= _ENOUGH and scores[best] - scores[second] >= _SURE_BY
    return best if is_clear else None


def _score(language: str, words: list[str]) -> float:
    """Count what speaks for a language: its function words, and a little for the shape of the rest."""
    known = sum(word in _WORDS[language] for word in words)
    telling = sum(word in _ALONE[language] for word in words)
    shape = {"en": _ENGLISH_SHAPE.search, "tl": _TAGALOG_SHAPE.search, "ja": _PLAIN_ROMAJI.match}
    like = shape.get(language)
    shaped = sum(bool(like(word)) for word in words if len(word) > 3) if like else 0
    return known + telling + 0.3 * min(shaped, 3)
