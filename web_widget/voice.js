/** Speaks in one locale: picks the words, fills them in, shows them with their readings. */
import { renderLine, withoutReadings } from "./plain-text.js";
import { LANGUAGES, localeFor, WORDS } from "./words.js";

export class Voice {
	constructor(wanted) {
		this.locale = localeFor(wanted) ?? "ja";
		this.lang = LANGUAGES[this.locale].tag;
	}

	text(key, values = {}) {
		return (WORDS[this.locale][key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name]);
	}

	line(key, values = {}) {
		return renderLine(this.text(key, values), true);
	}

	plain(key) {
		return withoutReadings(this.text(key));
	}

	date(day) {
		return new Date(day).toLocaleDateString(this.lang, { dateStyle: "long", timeZone: "UTC" });
	}

	moment(at) {
		/** @type {Intl.DateTimeFormatOptions} */
		const look = { month: "long", day: "numeric", weekday: "short", hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo" };
		return new Date(at).toLocaleString(this.lang, look);
	}

	translate(root) {
		for (const node of root.querySelectorAll("[data-word]")) node.replaceChildren(this.line(node.getAttribute("data-word")));
		for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", this.plain(node.getAttribute("data-label")));
	}
}
