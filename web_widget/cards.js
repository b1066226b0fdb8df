/** What a message shows besides its text; a field that lacks is left out. @import {Message} from "./types" */
import { button, make, outsideLink } from "./dom.js";
import { renderLine, renderText } from "./plain-text.js";

/** @type {Map<string, (message: Message, voice?: any) => any[]>} */
const KINDS = new Map(Object.entries({ link, facility_list, handoff_ticket, checklist, form_field, form_summary }));

/** @param {Message} message @returns {Node[]} */
export function cardsOf(message, voice) {
	return (KINDS.get(message.type)?.(message, voice) ?? []).filter(Boolean);
}

function link({ url, title }) {
	return [website(url, title || url)];
}

function facility_list({ facilities, as_of }, voice) {
	return [
		as_of && note(voice.line("asOf", { date: voice.date(as_of) })),
		make("ul", { part: "facilities" }, ...(facilities ?? []).map((place) => facility(place, voice))),
	];
}

// Names of places are Japanese in every language; the rest is in the reader's.
function facility({ name, kind, area, address, phone, station, ages, hours, capacity, vacancies, url }, voice) {
	const japanese = (text) => text && make("span", { lang: "ja" }, text);
	const free = Object.entries(vacancies ?? {}).map(([age, n]) => make("li", {}, voice.line("vacancy", { age, n })));
	return make("li", { part: "facility" },
		make("strong", { lang: "ja" }, name),
		note([kind, area].filter(Boolean).join("・")),
		facts(
			["address", japanese(address)],
			["telephone", phone && renderLine(phone)],
			["station", station],
			["ages", ages],
			["hours", hours],
			["capacity", capacity && voice.line("people", { n: capacity })],
			["vacancies", free.length && make("ul", { class: "vacancies" }, ...free)],
		),
		website(url, make("span", { "data-word": "website" })));
}

// The reason is a machine's word; the text tells it.
function handoff_ticket(ticket, voice) {
	const { text = "", reference, is_open, opens_at, position, bring } = ticket;
	const isTold = reference && text.includes(reference);
	return [
		!isTold && facts(["reference", reference && make("strong", {}, reference)]),
		position && make("p", {}, voice.line("queued", { n: position })),
		!isTold && is_open === false && opens_at && make("p", {}, voice.line("opens", { time: voice.moment(opens_at) })),
		bring && make("details", {}, make("summary", {}, bring.title), renderText(bring.ruby ?? bring.text, !!bring.ruby)),
		isTold && Object.assign(button("print"), { ticket }),
	];
}

function checklist({ items }) {
	const entry = ({ text = "", done, url }) =>
		make("li", { class: done ? "done" : "" }, renderLine(text), done && make("span", { class: "unseen", "data-word": "done" }), website(url, url));
	return [make("ul", { part: "checklist" }, ...(items ?? []).map(entry))];
}

function form_field({ index, total, help, example, errors }, voice) {
	return [
		...(errors ?? []).map((error) => make("p", { class: "error" }, renderLine(error))),
		help && make("p", {}, renderLine(help)),
		example && note(voice.line("example", { text: example })),
		total && note(voice.line("step", { index, total })),
	];
}

function form_summary({ fields }) {
	return [list((fields ?? []).map(({ label = "", value }) => [make("dt", {}, renderLine(label)), value]))];
}

function facts(...pairs) {
	return list(pairs.map(([word, value]) => [make("dt", { "data-word": word }), value]));
}

function list(pairs) {
	const rows = pairs.filter(([, value]) => value).map(([term, value]) => make("div", {}, term, make("dd", {}, value)));
	return rows.length > 0 && make("dl", {}, ...rows);
}

function note(content) {
	return content && make("p", { class: "note" }, content);
}

function website(url, face) {
	return /^https?:/.test(url) && outsideLink(url, face);
}
