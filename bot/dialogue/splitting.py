"""Where a message may hold two questions, and what each of them would be by itself.

Nothing is decided here: a split counts only if both halves are understood for sure
(``bot/dialogue/twofold.py``). So the rules look for the few shapes in which two questions come, and leave
alone lists and circumstances (「夫と子ども」「転入届と一緒に」).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

_TOPIC = (
    r"(?:金額|手数料|料金|値段|費用|お金|額|必要な?(?:もの|物|書類)|書類|持ち物|もちもの|要る(?:もの|物)|いる(?:もの|物)|"
    r"期限|締め?切り?|〆切|期間|時期|支給日|納期|窓口|場所|受付時間|電話番号|連絡先|手順|手続き?|やり方|仕方|しかた|方法|申請(?:方法|先)?|"
    r"申し込み(?:方法|先)?|申込(?:方法|先)?|出し方|捨て方|取り方|入り方|届け出|対象者?|条件|資格|内容|制度|違い|再発行|変更)"
)
_ASKS = (
    r"(?:いくら|何円|どこ|いつ|何時|何日|何歳|何が|何を|なにが|なにを|何か|どう|どんな|どの|だれ|誰|どちら|何人|何年|"
    r"必要ですか|いりますか|要りますか|できますか|できる[?？か]|もらえますか|もらえる[?？か]|ありますか|いいですか|教えて|おしえて|知りたい)"
)
_TAIL = (
    r"(?:について|のこと)?(?:を|は|が|って|も)?(?:両方|それぞれ|一緒に)?"
    r"(?:教えて|おしえて|知りたい|聞きたい|お願い|頼みます|ください|下さい|です|ます|ほしい|欲しい|"
    r"か|の|ん|が|けど|よ|ね|いくら|なに|何|どこ|いつ|まで|でしょう)*[?？。!！]*"
)
_AND = r"(?:と、|と|や、|や|、|・|および|及び|並びに|ならびに|それから|そして|あと)"
_NOUN = r"[^、。,？?！!はがをでに]{2,20}?"

# 「転入に要る物と、国保に入る手順」: each half ends in what is asked.
_TWO_FULL = re.compile(rf"^(?P<a>.{{2,40}}?{_TOPIC}){_AND}(?P<b>.{{2,40}}?{_TOPIC}){_TAIL}$")
# 「児童手当の金額と必要書類」: two sides of one thing.
_TWO_SIDES = re.compile(
    rf"^(?P<s>{_NOUN})の(?P<a>{_TOPIC})(?:と、?|や|、|・|および|及び)(?P<b>{_TOPIC}){_TAIL}$"
)
# 「児童手当と018サポートの金額」: one side of two things.
_TWO_THINGS = re.compile(
    rf"^(?P<a>{_NOUN})(?:と、?|や|および|及び|、)(?P<b>{_NOUN})の(?P<t>{_TOPIC}){_TAIL}$"
)
# 「児童手当は月いくらで、医療証はどうやって申し込むんですか」: a question word on both sides.
_CLAUSES = re.compile(r"(?:、|,|。|？|\?|！|!|\n| (?=[^ ]{4}))")
_ADDED = re.compile(
    r"(?:[、。,？?！!\s]|(?<=[かすたいねよ]))"
    r"(?:あと|それと|それから|ついでに|また|もう一つ|もうひとつ|もう1つ|別件で|ほかに|他に|あわせて|併せて|"
    r"さらに|そして)(?:、|は、|に)?"
)
_LEADING = re.compile(r"^(?:あと|それと|それから|ついでに|また|で、|そして|それに|、)+")
_FOREIGN_ASKS = re.compile(
    r"\b(?:how|what|where|when|who|which|can i|do i|is there|are there|does)\b|"
    r"什么|怎么|哪|多少|几|吗|什麼|怎麼|幾|嗎|얼마|어디|언제|어떻게|뭐|무엇|누가|나요|까요|"
    r"bao nhiêu|ở đâu|khi nào|thế nào|gì|không|mấy|"
    r"\b(?:magkano|saan|kailan|paano|ano|anong|sino|puwede|pwede)\b"
)
_FOREIGN_AND = re.compile(
    r"[,;?，；？、]\s*(?:and|also|et|at|và|그리고|还有|另外|還有)?\s*|"
    r"\s+(?:and also|and|also|at|và)\s+|그리고\s*|，?(?:还有|另外|還有)|고\s+"
)
_LOOSE = re.compile(
    r"[、。,，.?？！!;；\n]+|(?<=[^こあ])と(?=[^いこてもしきかの])|や(?=[^めすりっるら])|のと、?|"
    r"\band\b|그리고|还有|和|及"
)
_COMPARES = re.compile(
    r"違い|ちがい|どちら|どっち|別の|べつの|同じ|比べ|一緒に|いっしょに|同時に|どう違"
)
_CIRCUMSTANCE = re.compile(
    r"(?:[はにをがでも]|ので|から|たら|ため|ために|ばかりで|れば|とき|時|[ときた]あと?|[してけせみりっんい]て|まして|けど|のに|んだが|ですが)$"
)
_ALSO = re.compile(r"も(?:知|教|取|聞|気に|お願|した|しな|ほし|欲|必要|申|出|見)")
_TOLD = re.compile(r"(?:ました|ています|てます|した)$")
_LEAST = 4


def halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to read ``text`` as two questions, the likeliest first; none for most messages."""
    plain = unicodedata.normalize("NFKC", text).strip()
    seen: set[tuple[str, str]] = set()
    for first, second in _candidates(plain):
        pair = (first.strip(" 、,。"), _LEADING.sub("", second.strip(" 、,。")))
        if min(map(len, pair)) >= 2 and pair not in seen:
            seen.add(pair)
            yield pair


def loose_halves(text: str, subject_of: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
    """Yield the cuts at a comma, a full stop or 「と」 of which each half names another subject.

    A comparison (「違いは」) and a circumstance (「離婚したので、…」) are one question.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if _COMPARES.search(plain):
        return
    for cut in _LOOSE.finditer(plain):
        first, second = plain[: cut.start()].strip(), _LEADING.sub("", plain[cut.end() :].strip())
        if _CIRCUMSTANCE.search(first) or min(len(first), len(second)) < 2:
            continue
        if _TOLD.search(first) and not _ALSO.search(second):
            continue
        subjects = {subject_of(first), subject_of(second)}
        if None not in subjects and len(subjects) == 2:
            yield first, second


def _candidates(plain: str) -> Iterator[tuple[str, str]]:
    sides = _TWO_SIDES.match(plain)
    if sides:
        yield f"{sides['s']}の{sides['a']}", f"{sides['s']}の{sides['b']}"
        return
    full = _TWO_FULL.match(plain)
    if full:
        yield full["a"], full["b"]
    things = _TWO_THINGS.match(plain)
    if things:
        yield f"{things['a']}の{things['t']}", f"{things['b']}の{things['t']}"
    yield from _between(plain, _ADDED, None)
    yield from _between(plain, _CLAUSES, re.compile(_ASKS))
    yield from _between(plain.casefold(), _FOREIGN_AND, _FOREIGN_ASKS)


def _between(
    plain: str, joint: re.Pattern[str], asks: re.Pattern[str] | None
) -> Iterator[tuple[str, str]]:
    """Cut at each joint that has enough on both sides, and a question on both where one is wanted."""
    for cut in joint.finditer(plain):
        first, second = plain[: cut.start()], plain[cut.end() :]
        if min(len(first.strip()), len(second.strip())) < _LEAST:
            continue
        if asks is None or (asks.search(first) and asks.search(second)):
            yield first, second
