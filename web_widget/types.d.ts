// The shapes of the Resident API and of the widget's own values, for `tsc --checkJs`. No browser loads this file.

/** What this tab keeps of a conversation. `rated` holds the turns that already have an opinion. */
export interface Ticket {
	id: string;
	token: string;
	locale: string;
	rated?: string[];
}

export interface Option {
	title: string;
	payload: string;
	ruby?: string;
}

export interface Source {
	title: string;
	url: string;
	reviewed_on?: string;
}

/** `vacancies` holds free places by age in years; null where they are not published. */
export interface Facility {
	name: string;
	kind?: string;
	area?: string;
	address?: string;
	phone?: string;
	station?: string;
	ages?: string;
	hours?: string;
	capacity?: number;
	vacancies?: Record<string, number> | null;
	url?: string;
}

/** A message of the transcript, the event stream or a turn's reply. */
export interface Message {
	seq?: number;
	turn_id?: string;
	/** A `notice` tells about the service itself. */
	type?: string;
	role?: "resident" | "bot" | "agent" | "system";
	text?: string;
	/** The text with readings: `{漢字|かんじ}`. */
	ruby?: string;
	options?: Option[];
	/** Of a `link`. */
	url?: string;
	title?: string;
	/** Of a `facility_list`; `as_of` is the day of the data. */
	facilities?: Facility[];
	as_of?: string;
	/** Of a `handoff_ticket`; `position` is the place in the queue when it was written. */
	reference?: string;
	is_open?: boolean;
	opens_at?: string | null;
	position?: number | null;
	/** Of a `handoff_ticket`: what the counter asks to be brought. */
	bring?: { title: string; text: string; ruby?: string } | null;
	/** Of what an agent says. */
	section_name?: string;
	/** Of a `checklist`. */
	items?: { text: string; done?: boolean; url?: string }[];
	/** Of a `form_field`, whose text is the question. */
	index?: number;
	total?: number;
	help?: string;
	example?: string;
	errors?: string[];
	/** Of a `form_summary`. */
	fields?: { label: string; value: string }[];
	/** The conversation's state from this message on, where it changed. */
	state?: string;
	/** On the last message of a turn, like `outcome`. */
	sources?: Source[];
	outcome?: string;
	client_message_id?: string;
	/** The payload of the option that the resident pressed. */
	choice?: string;
	/** Whether this tab already gave an opinion on its turn. */
	isRated?: boolean;
}

/** A message of the resident on its way. Its id stays the same however often it is sent. */
export interface Draft {
	id: string;
	text?: string;
	ruby?: string;
	/** Whether it calls a person. */
	isCall?: boolean;
	/** What is left for being called back; the log seals it. */
	contact?: Record<string, unknown>;
	/** The payload of an offered option; `text` is then its title. */
	choice?: string;
	/** As at the first try: a repeated id must come with the same content. */
	locale?: string;
	/** Where it stands on the page. */
	item?: HTMLElement;
}

/** What a conversation tells the element. */
export interface Listener {
	onMessage(message: Message): void;
	/** The conversation's `state` may have changed. */
	onState(): void;
	/** The gateway is busy; the call is repeated after so many seconds. */
	onWait(seconds: number): void;
}
