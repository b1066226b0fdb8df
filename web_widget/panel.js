/** Builds the furniture of the widget; each piece is found by its `part`. */
import { button, make } from "./dom.js";
import { LANGUAGES } from "./words.js";

export function buildShell(composer) {
	const languages = Object.entries(LANGUAGES).map(([locale, { name, tag }]) => make("option", { value: locale, lang: tag }, name));
	return make("div", { part: "shell" },
		button("launcher"),
		make("section", { part: "panel", role: "region", "aria-labelledby": "title", hidden: "" },
			make("div", { part: "header" },
				make("h2", { part: "title", id: "title", tabindex: -1, "data-word": "title" }),
				make("select", { part: "language", "data-label": "language" }, ...languages),
				button("close"),
				make("div", { part: "tools" }, button("restart"), button("erase"))),
			make("div", { part: "banner", role: "group", "data-label": "waiting", hidden: "" }),
			make("div", { part: "scroller" },
				make("ol", { part: "history", "data-label": "history" }),
				make("div", { part: "log", role: "log", "aria-live": "polite", "data-label": "log" }, make("ol")),
				make("div", { part: "options", role: "group", "data-label": "choose" }),
				make("p", { part: "status", role: "status" })),
			make("div", { part: "contact", hidden: "" }),
			composer,
			make("div", { part: "footer" },
				make("p", { part: "phone" }, make("span", { "data-word": "phone" }), " ", make("a", { part: "number" })), button("person"))));
}
