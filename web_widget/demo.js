/** The demo page of the fictional ward: its language switch, and a button that opens the widget. */
import { DEMO_WORDS } from "./demo-words.js";
import { renderLine } from "./plain-text.js";
import { LANGUAGES } from "./words.js";

const KEY = "minamo-locale";
const chat = /** @type {import("./madoguchi-chat.js").MadoguchiChat} */ (document.querySelector("madoguchi-chat"));

/** @param {string} locale */
function show(locale) {
	document.documentElement.lang = locale === "ja-easy" ? "ja-x-easy" : LANGUAGES[locale].tag;
	document.title = DEMO_WORDS[locale].title;
	for (const node of document.querySelectorAll("[data-demo]")) {
		node.replaceChildren(renderLine(DEMO_WORDS[locale][node.getAttribute("data-demo")], true));
	}
	for (const button of document.querySelectorAll("[data-locale]")) {
		button.setAttribute("aria-pressed", String(button.getAttribute("data-locale") === locale));
	}
}

for (const button of document.querySelectorAll("[data-locale]")) {
	button.addEventListener("click", () => {
		const locale = button.getAttribute("data-locale");
		sessionStorage.setItem(KEY, locale);
		show(locale);
		chat.setAttribute("locale", locale);
	});
}

for (const id of ["languages", "ask"]) document.getElementById(id).hidden = false;
document.getElementById("ask").addEventListener("click", () => chat.show());
const kept = sessionStorage.getItem(KEY);
show(kept in DEMO_WORDS ? kept : "ja");
