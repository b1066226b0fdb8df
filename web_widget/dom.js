/** Makes elements; no text ever becomes markup. */

/** @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag */
export function make(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
	node.append(...children.filter(Boolean));
	return node;
}

// One name for its looks, its act and its word.
export function button(name) {
	return make("button", { part: name, "data-do": name, "data-word": name });
}

export function outsideLink(url, ...face) {
	return make("a", { href: url, target: "_blank", rel: "noopener" }, ...face, make("span", { class: "unseen", "data-word": "newTab" }));
}
