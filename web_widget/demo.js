/** The demo page of the fictional ward: its language switch, and a button that opens the widget. */
import { DEMO_WORDS } from "./demo-words.js";
import { renderLine } from "./plain-text.js";
import { LANGUAGES } from "./words.js";

const KEY = "minamo-locale";
const chat = /** @type {import("./madoguchi-chat.js").MadoguchiChat} */ (document.querySelector("madoguchi-chat"));
const buttons = document.querySelectorAll("[data-locale]");

/** @param {string} locale */
function show(locale) {
	const words = DEMO_WORDS[locale];
	document.documentElement.lang = locale === "ja-easy" ? "ja-x-easy" : LANGUAGES[locale].tag;
	document.title = words.title;
	for (const node of document.querySelectorAll("[data-demo]")) {
		node.replaceChildren(renderLine(words[node.getAttribute("data-demo")], true));
	}
	for (const button of buttons) {
		button.setAttribute("aria-pressed", String(button.getAttribute("data-locale") === locale));
	}
}

/** Keeps the language for this tab, or finds it; a browser may refuse. @param {string} [locale] */
function remember(locale) {
	try {
		if (locale) sessionStorage.setItem(KEY, locale);
		return sessionStorage.getItem(KEY);
	} catch {
		return null;
	}
}

for (const button of buttons) {
	button.addEventListener("click", () => {
		const locale = button.getAttribute("data-locale");
		remember(locale);
		show(locale);
		chat.setAttribute("locale", locale);
	});
}

for (const id of ["languages", "ask"]) document.getElementById(id).hidden = false;
document.getElementById("ask").addEventListener("click", () => chat.show());
const kept = remember();
show(kept in DEMO_WORDS ? kept : "ja");
