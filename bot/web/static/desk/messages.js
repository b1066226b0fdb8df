/** What was said, as the agent reads it: who, when, the text, what the bot offered. No text becomes markup. */
import { cardsOf } from "/widget/cards.js";
import { make, outsideLink } from "/widget/dom.js";
import { renderText } from "/widget/plain-text.js";
import { Voice } from "/widget/voice.js";
import { clock, say } from "./words.js";

const JAPANESE = new Voice("ja");

/** @returns {HTMLLIElement} */
export function messageItem(message, me, names, lang) {
	const { role, seq, at, text = "", options, sources, choice, agent } = message;
	const own = role === "agent" && agent === me.id;
	const name = names[agent] ?? "";
	const who = own ? say("own") : role === "agent" && name ? `${say("agent")} ${name}` : say(role);
	const bubble = make("div", { class: "bubble", ...(lang && { lang }) }, renderText(text), ...cardsOf(message, JAPANESE));
	JAPANESE.translate(bubble);
	for (const button of bubble.querySelectorAll("button")) button.remove(); // the resident's to press
	if (choice) bubble.append(make("p", { class: "small" }, say("chose")));
	if (options?.length) bubble.append(make("p", { class: "small" }, say("buttons_offered"), options.map(({ title }) => title).join("／")));
	for (const source of sources ?? []) bubble.append(make("p", { class: "small" }, outsideLink(source.url, source.title)));
	const item = make("li", { class: `message ${role}${own ? " own" : ""}`, ...(seq && { "data-seq": seq }) }, line(who, at), bubble);
	if (own) item.append(make("p", { class: "delivery" }));
	return item;
}

/** A note, or why a conversation was passed on. */
export function noteItem({ type, text, agent, at }, names) {
	const what = say(type === "handoff_transferred" ? "transfer_why" : "note");
	return make("li", { class: "message note" }, line(`${what} ${names[agent] ?? ""}`, at), make("div", { class: "bubble" }, renderText(text)));
}

function line(who, at) {
	return make("p", { class: "who" }, who, " ", at && make("time", { datetime: at }, clock(at)));
}
