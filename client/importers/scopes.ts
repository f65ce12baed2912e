import type { SUGGESTED_SCOPES } from "../memory/record.ts";

/** One of the ten scopes that are offered by name. */
export type SuggestedScope = (typeof SUGGESTED_SCOPES)[number];

/**
 * Suggests a scope for a text by counting words of a fixed list: English only, and easily wrong. It is a suggestion that the owner sees and may change,
 * never a decision on who reads what. What is about secrets, nothing on the list, or two scopes alike goes to `private`, the one that nobody
 * grants by accident.
 *
 * @param text - A memory's text.
 * @returns The scope with the most of its words in the text.
 */
export function suggestScope(text: string): SuggestedScope {
  if (SECRET.test(text)) return "private";
  const scores = RULES.map(([scope, words]) => ({
    scope,
    score: new Set(text.toLowerCase().match(words)).size,
  }));
  scores.sort((a, b) => b.score - a.score);
  const [first, second] = scores;
  return first !== undefined && first.score > (second?.score ?? 0) ? first.scope : "private";
}

/** Beginnings of words; one that ends in `.` is a whole word. */
const WORDS: Record<Exclude<SuggestedScope, "private">, string> = {
  identity:
    "name. named. nickname born birthday years_old native_language mother_tongue nationality citizen pronoun live_in lives_in living_in moved_to grew_up hometown i'm_from speak speaks ethnic religio vegetarian vegan left-handed personality introvert extrovert timezone time_zone",
  career:
    "job. jobs. worked_at worked_as work_at works_at working_at work_as works_as career employ employer colleague coworker boss manager promot salary_negotiation interview resume cv. linkedin client clients freelanc startup company team_lead stand-up performance_review engineer developer designer architect teacher nurse lawyer profession hiring internship office stakeholder",
  interests:
    "hobb enjoy orchestra cello violin instrument boulder favourite favorite fan_of music band. guitar piano song album concert film films movie novel reading book_club game gaming chess paint photograph camera hik climb cycling cook recipe bak sourdough garden football knit pottery vinyl museum birdwatch board_game",
  relationships:
    "wife husband partner girlfriend boyfriend spouse mother father mum. mom. dad. parent sister brother sibling daughter son. kid. kids. child children family friend grandmother grandfather aunt uncle niece nephew cousin in-law wedding anniversary dating neighbour neighbor",
  health:
    "health doctor physio therap. hospital medic medicat allerg asthma diabet injur knee. back_pain migraine headache sleep insomnia diet calorie protein weight workout exercise gym running marathon blood vitamin symptom pregnan dentist cholesterol prescription inhaler heart_rate",
  finance:
    "money income earn bank budget invest mortgage loan. debt tax. taxes pension savings saving_account salary rent. insurance stock. stocks etf. index_fund crypto bitcoin spend expens invoice vat. credit euro. euros dollar interest_rate emergency_fund",
  learning:
    "learn study studying course class. classes tutorial lesson exam. degree universit school homework language_course duolingo vocabulary grammar flashcard lecture textbook thesis certificat practise practice. explain understand teach_me",
  travel:
    "travel trip. trips flight fly. flying airport hotel hostel itinerar visa. passport vacation holiday train_to tour. tourist road_trip backpack_through airbnb luggage jet_lag sightsee visit visiting ferry",
  productivity:
    "productiv todo to-do calendar schedul remind meeting_notes notion obsidian template workflow automat shortcut spreadsheet inbox email. emails deadline habit routine pomodoro focus. bullet bullets concise respond responses answers. format. formatting tone. summar checklist",
};

const SECRET =
  /\b(passwords?|passcode|pin code|secret|confidential|don't tell|do not share|nobody knows|safe combination|social security|diary|divorc\w*|affair|sexual\w*|abuse\w*|addict\w*|arrest\w*|lawsuit|in debt to)\b/i;

const RULES = Object.entries(WORDS).map(([scope, words]) => {
  const alternatives = words.split(" ").map((word) => {
    const plain = word.replace(/\.$/, "").replaceAll("_", " ");
    return word.endsWith(".") ? `${plain}\\b` : plain;
  });
  return [scope as SuggestedScope, new RegExp(`\\b(?:${alternatives.join("|")})`, "g")] as const;
});
