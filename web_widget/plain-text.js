/** Renders plain text: paragraphs, line breaks, lists, https and tel links, readings. No markup. */
import { make, outsideLink } from "./dom.js";

const RUBY = /\{([^{}|]+)\|([^{}|]+)\}/g;
const ADDRESS = /(https:\/\/\w[\w.~:/?#@!$&*+,;=%-]*[\w/#=&%-])/;
const PHONE = /(?<![\w-])(tel:[#\d-]+|[#＃]\d{4}|0(?=(?:-?\d){9,10}(?![\d-]))\d{1,4}-\d{1,4}-\d{3,4})(?![\d-])/;
const PIECE = new RegExp(`${RUBY.source}|${ADDRESS.source}|${PHONE.source}`, "g");
const ITEM = /^(・|- )\s*/;

export function telephone(phone) {
	return "tel:" + phone.replace(/tel:|-/g, "").replace(/[#＃]/, "%23");
}

export function withoutReadings(text) {
	return text.replace(RUBY, "$1");
}

/** @param {string} text @param {boolean} [hasRuby] whether `{漢字|かんじ}` gives readings */
export function renderLine(text, hasRuby) {
	const line = new DocumentFragment();
	let done = 0;
	for (const match of text.matchAll(PIECE)) {
		if (match[1] && !hasRuby) continue;
		line.append(text.slice(done, match.index), renderPiece(...match));
		done = match.index + match[0].length;
	}
	line.append(text.slice(done));
	return line;
}

// A line set in under a list item belongs to it.
export function renderText(text, hasRuby) {
	const blocks = new DocumentFragment();
	let block = null;
	for (const raw of text.split("\n")) {
		const isItem = ITEM.test(raw);
		const tag = isItem || (block?.localName === "ul" && /^\s/.test(raw)) ? "ul" : "p";
		const line = renderLine(raw.replace(ITEM, "").trim(), hasRuby);
		if (!raw.trim()) block = null;
		else if (block?.localName !== tag) blocks.append((block = make(tag, {}, isItem ? make("li", {}, line) : line)));
		else if (isItem) block.append(make("li", {}, line));
		else (block.querySelector("li:last-child") ?? block).append(make("br"), line);
	}
	return blocks;
}

function renderPiece(whole, base, reading, url, phone) {
	if (base) return make("ruby", {}, base, make("rt", {}, reading));
	return url ? outsideLink(url, url) : make("a", { href: telephone(phone) }, whole.replace("tel:", ""));
}
