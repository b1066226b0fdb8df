// The shapes of the Resident API and of the widget's own values, for `tsc --checkJs`. No browser loads this file.
import type { LANGUAGES, WORDS } from "./words.js";

export type Locale = keyof typeof LANGUAGES;
export type Key = keyof typeof WORDS.ja;
export type Values = Record<string, string | number>;

/** What this tab keeps of a conversation. `rated` holds the turns that already have an opinion. */
export interface Ticket {
  id: string;
  token: string;
  locale: Locale;
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

export interface Message {
  seq?: number;
  turn_id?: string;
  role?: "resident" | "bot" | "agent" | "system";
  text?: string;
  /** The text with readings: `{漢字|かんじ}`. */
  ruby?: string;
  options?: Option[];
  /** On the last message of a turn, like `outcome`. */
  sources?: Source[];
  outcome?: string;
  state?: string;
  client_message_id?: string;
  /** Whether this tab already gave an opinion on its turn. */
  isRated?: boolean;
}

export interface Turn {
  turn_id: string;
  state?: string;
  outcome?: string;
  messages?: Message[];
  sources?: Source[];
  form?: { document_url?: string } | null;
}

/** A message of the resident on its way. Its id stays the same however often it is sent. */
export interface Draft {
  id: string;
  text: string;
  ruby?: string;
  choice?: string;
  /** Where it stands on the page. */
  item?: HTMLElement;
}

export interface Opinion {
  turn_id: string;
  helpful: boolean;
  comment?: string;
}

/** What a conversation tells the element. */
export interface Listener {
  onMessage(message: Message): void;
  onState(): void;
  /** The gateway is busy; the call is repeated after so many seconds. */
  onWait(seconds: number): void;
}
