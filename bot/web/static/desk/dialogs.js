/** Questions before a step that the resident notices. Native dialogs: focus goes in, Escape leaves, focus comes back. */

/** @returns {HTMLDialogElement} */
const get = (id) => /** @type {HTMLDialogElement} */ (document.getElementById(id));

/**
 * Opens a dialog; its submission runs `act`, and a refusal stands in the dialog, so that nothing written is lost.
 * @param {string} id @param {() => Promise<unknown>} act
 */
export function ask(id, act) {
	const dialog = get(id);
	const error = dialog.querySelector(".error");
	const form = dialog.querySelector("form");
	if (error) error.textContent = "";
	form.onsubmit = async (event) => {
		event.preventDefault();
		const button = form.querySelector("[type=submit]");
		if (button.getAttribute("aria-disabled") === "true") return;
		button.setAttribute("aria-disabled", "true");
		try {
			await act();
			dialog.close();
		} catch (refusal) {
			if (!error || !refusal.message) throw refusal;
			error.textContent = refusal.message;
		} finally {
			button.removeAttribute("aria-disabled");
		}
	};
	dialog.showModal();
}

export function cancel(button) {
	button.closest("dialog").close();
}
