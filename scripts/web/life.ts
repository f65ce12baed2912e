import type { MemoryInput } from "../../client/index.ts";

/** The scopes of the sample vault. */
export const SCOPES = [
  "identity",
  "career",
  "health",
  "relationships",
  "travel",
  "interests",
  "learning",
] as const;

type Scope = (typeof SCOPES)[number];

/** What holds, as somebody's tools learn it over the months. */
const FACTS: Readonly<Record<Scope, readonly string[]>> = {
  identity: [
    "Writes dates as 24 March 2026, never in numbers alone",
    "Prefers short answers first, reasons after",
    "Signs letters with her full name, notes with an initial",
    "Reads English and French, speaks Dutch with the neighbours",
    "Wants units in metric, money in euros",
    "Is left-handed",
    "Does not drive a car; owns a cargo bicycle",
    "Votes at the school on the corner",
    "Keeps Sundays free of screens until noon",
  ],
  career: [
    "Works three days a week from the office near the harbour",
    "Leads the group that inspects movable bridges",
    "Uses Python for the sensor data, a spreadsheet for everything else",
    "Reviews drawings on Thursday mornings, undisturbed",
    "Has a team of five; two of them began this year",
    "Would rather write a report than present it",
    "Answers for the monitoring of eleven bridges",
    "Wants meetings to have an agenda, or to be a message",
    "Negotiates her contract each January",
  ],
  health: [
    "Allergic to penicillin",
    "Takes vitamin D from October to March",
    "Runs twice a week; the left knee complains beyond ten kilometres",
    "Wears glasses for screens: -1.25 on both sides",
    "Had both vaccinations against tick-borne encephalitis",
    "Cannot sleep after coffee later than three in the afternoon",
    "Blood group A, Rh positive",
    "Eats no peppers: they give her a stomach ache",
    "Sees the dentist every March and September",
  ],
  relationships: [
    "Noor is her sister; she lives in Ghent and calls on Sunday evenings",
    "Idris, her partner, plays the oud and hates surprises",
    "Lotte from the office is the friend to ask about gardens",
    "Her father's birthday is the 9th of February; he collects maps",
    "The neighbours above are musicians; an agreement says quiet after ten",
    "Milan is her godchild and learns to read this year",
    "Owes Sanne a dinner for the help with the move",
    "Her mother prefers a phone call to any message",
  ],
  travel: [
    "Prefers a window seat and night trains",
    "Packs in one bag of thirty litres",
    "Passport ends in June 2031",
    "Has a rail card with forty per cent off after nine",
    "Books rooms without breakfast, and looks for a bakery",
    "Gets seasick on small boats, not on ferries",
    "Keeps a list of every bridge that she crossed on foot",
    "Wants to see the Forth Bridge before 2028",
  ],
  interests: [
    "Bakes sourdough on Saturdays; feeds the starter on Friday night",
    "Photographs swifts above the harbour in summer",
    "Sings alto in a choir of thirty",
    "Reads crime stories that play in winter",
    "Grows tomatoes on the balcony, three sorts a year",
    "Plays chess by correspondence with her uncle",
    "Does not watch series before they are finished",
    "Collects enamel signs of closed railway lines",
  ],
  learning: [
    "Learns Italian with a teacher on Mondays",
    "Takes notes on paper, and photographs them",
    "Remembers words better in sentences than in lists",
    "Reads one paper on fatigue of steel a week",
    "Wants to be corrected at once when she speaks Italian",
    "Understands statistics by simulation, not by formulas",
    "Has a certificate in rope access, level one",
    "Keeps flash cards for the names of birds",
  ],
};

/** What happened: a sentence with a place for each of its words. */
const EVENTS: Readonly<Record<Scope, readonly (readonly [string, readonly string[]])[]>> = {
  identity: [
    [
      "Asked to be addressed by her first name when writing to {}",
      ["the landlord", "the bank", "the town hall", "the insurer"],
    ],
    [
      "Corrected the spelling of her surname in {}",
      ["a ticket", "the contract", "the school's letter", "a diploma"],
    ],
    [
      "Chose {} for the profile of the housing association",
      ["a photograph by the harbour", "no photograph", "her second name"],
    ],
    [
      "Changed {} after the move",
      [
        "the address at the bank",
        "the address at the library",
        "the name on the bell",
        "the electricity contract",
      ],
    ],
    [
      "Decided to {}",
      [
        "answer letters on Fridays",
        "keep one calendar only",
        "wear a watch again",
        "write a diary in pencil",
      ],
    ],
  ],
  career: [
    [
      "Inspected the {} and found nothing that cannot wait",
      [
        "swing bridge at the lock",
        "lift bridge at the mill",
        "footbridge by the station",
        "bascule bridge in the old town",
        "canal bridge at kilometre nine",
      ],
    ],
    [
      "The strain gauge at {} drifted; replaced after two days",
      ["pier two", "the north bearing", "the counterweight", "the main girder", "the east hinge"],
    ],
    [
      "Wrote the report on {}",
      [
        "the winter closures",
        "noise during openings",
        "paint on the north side",
        "the wrong sensor",
        "last year's loads",
      ],
    ],
    [
      "Talked with {} about the budget for sensors",
      ["the city", "the port", "Lotte", "the new director", "the ministry"],
    ],
    [
      "Presented {} to the team",
      [
        "the plan for spring",
        "what Delft does differently",
        "a model of the hinge",
        "three ways to count lorries",
      ],
    ],
    [
      "Was on call for {}",
      [
        "the storm in January",
        "the regatta",
        "the night of the marathon",
        "a ship that came too early",
        "New Year's Eve",
      ],
    ],
    [
      "Taught the new colleagues {}",
      [
        "how to read a strain gauge",
        "where the keys hang",
        "whom to call at night",
        "to doubt a flat line",
        "what the old plans leave out",
      ],
    ],
  ],
  health: [
    [
      "Ran {} along the canal without the knee",
      ["six kilometres", "seven kilometres", "eight kilometres", "nine kilometres", "a slow ten"],
    ],
    [
      "Slept badly before {}",
      ["the inspection", "the flight of her sister", "the exam", "the choir's concert", "the first frost"],
    ],
    [
      "Had a check-up: {}",
      [
        "blood pressure 118 over 76",
        "iron a little low",
        "all values as last year",
        "eyes unchanged",
        "nothing to report",
      ],
    ],
    [
      "Tried {} for the neck",
      [
        "a higher desk",
        "swimming",
        "a flatter pillow",
        "an hour without a phone",
        "the exercises of the physiotherapist",
      ],
    ],
    ["Swam {} before work", ["twenty lengths", "thirty lengths", "forty lengths", "in the sea"]],
    [
      "Noted a reaction to {}",
      ["a wasp", "new detergent", "pollen in May", "cashew cream", "the dust of the old pier"],
    ],
    ["Cooked {} to eat more iron", ["lentils with spinach", "beans in tomato", "oats with seeds"]],
  ],
  relationships: [
    [
      "Celebrated {} with Idris",
      ["the new flat", "his concert in Utrecht", "five years", "the end of the renovation"],
    ],
    ["Noor told of {}", ["her new job", "the garden in Ghent", "a plan for Easter", "the old piano"]],
    [
      "Sent her father {}",
      [
        "a map of Trieste",
        "a map of the Faroe Islands",
        "a birthday letter",
        "the photographs of the swifts",
      ],
    ],
    [
      "Promised Milan {}",
      [
        "a visit to the museum of trains",
        "a story about a ferry",
        "a bread in the shape of a fish",
        "an evening of chess",
      ],
    ],
    ["Had dinner with {}", ["Sanne", "Lotte and her sons", "the choir", "the neighbours above", "her uncle"]],
    [
      "Argued and made up with {}",
      ["Idris about the heating", "Noor about money", "her uncle about a pawn", "Lotte about deadlines"],
    ],
    [
      "Wrote to {}",
      ["an old teacher", "the family in Tangier", "Sanne from the train", "her mother about the cellar"],
    ],
    [
      "Looked after {}",
      ["the neighbours' cat", "Milan for a weekend", "Lotte's tomatoes", "her father after the operation"],
    ],
  ],
  travel: [
    ["Took the night train to {}", ["Vienna", "Berlin", "Prague", "Zurich", "Milan", "Stockholm"]],
    [
      "Walked across {}",
      [
        "the Magdeburg water bridge",
        "the Pont du Gard",
        "the old bridge of Mostar",
        "the Øresund approach",
        "the Forth road bridge",
      ],
    ],
    ["Missed the connection in {}, and saw the town", ["Cologne", "Basel", "Innsbruck", "Liège", "Hanover"]],
    [
      "Stayed in {} and would do so again",
      [
        "a lock keeper's house",
        "a room above a bakery",
        "a monastery near Brno",
        "a hostel in a water tower",
      ],
    ],
    ["The hotel in {} was loud: ask for the courtyard", ["Turin", "Lyon", "Antwerp", "Hamburg"]],
    [
      "Rode the bicycle to {}",
      ["the lighthouse", "the border and back", "Ghent in one day", "the locks at dawn"],
    ],
    [
      "Planned {} for next year",
      ["Scotland by train", "a week in the Alps", "Tangier with Idris", "a canal by folding boat"],
    ],
    ["Lost {} on the way", ["an umbrella in Basel", "one glove in Vienna", "two hours to fog"]],
  ],
  interests: [
    [
      "Baked {}",
      [
        "a rye of three days",
        "a bread with walnuts",
        "rolls for the choir",
        "a loaf that did not rise",
        "focaccia after a recipe of Idris",
      ],
    ],
    ["Counted {} swifts on one evening", ["twelve", "nineteen", "twenty-seven", "forty-one"]],
    [
      "Sang {} with the choir",
      ["Fauré's requiem", "songs of the sea", "a new piece by the conductor", "carols in the station"],
    ],
    [
      "Finished the novel {}",
      ["about the ice road", "about the lighthouse", "with the false heir", "that Noor lent her"],
    ],
    ["Harvested {} of tomatoes", ["two bowls", "four kilograms", "the last handful", "enough for sauce"]],
    [
      "Photographed {}",
      [
        "a kingfisher",
        "fog under the swing bridge",
        "the last swift of the year",
        "the enamel sign of a closed halt",
      ],
    ],
    [
      "Went to {}",
      ["an organ concert", "a film about welders", "the night of the museums", "a reading in the library"],
    ],
    [
      "Repaired {}",
      [
        "the kitchen radio",
        "a chair of her grandmother",
        "the bicycle light",
        "the lid of the proving basket",
      ],
    ],
  ],
  learning: [
    [
      "Italian lesson: {}",
      [
        "the conditional",
        "ordering a repair",
        "reading a recipe aloud",
        "the past of irregular verbs",
        "how to disagree politely",
      ],
    ],
    [
      "Read a paper on {}",
      [
        "crack growth in old rivets",
        "lubrication of hinges",
        "learning from near misses",
        "vibration under bicycles",
      ],
    ],
    ["Learned the song of the {}", ["blackcap", "chiffchaff", "redstart", "wren"]],
    [
      "Practised {} with ropes",
      ["a rescue", "the change of a line", "knots blindfolded", "the descent from the tower"],
    ],
    [
      "Asked for an explanation of {}",
      ["Bayes' rule by cards", "how seals are tested", "why steel tires", "what a keel does in a lock"],
    ],
    ["Passed {}", ["the test for rope access", "the Italian exam, level B1", "the refresher in first aid"]],
    [
      "Watched a lecture about {}",
      ["the bridges of Maillart", "sleep and memory", "how ice loads a pier", "the history of the fugue"],
    ],
    [
      "Learned to say {} in Italian",
      ["mind the gap", "it depends", "the hinge is worn", "one ticket, by the window"],
    ],
  ],
};

const TAGS: Readonly<Record<Scope, readonly string[]>> = {
  identity: ["me", "letters", "preferences"],
  career: ["bridges", "team", "sensors", "reports"],
  health: ["running", "sleep", "doctor", "food"],
  relationships: ["family", "friends", "birthdays"],
  travel: ["trains", "booking", "bridges", "places"],
  interests: ["baking", "birds", "choir", "balcony"],
  learning: ["italian", "papers", "ropes", "birds"],
};

/** Who wrote it down. By hand: no tool. */
const SOURCES = [
  { tool: "claude", agent: "claude-sonnet", url: "https://claude.ai/chat/" },
  { tool: "memsync", agent: null, url: null },
  { tool: "chatgpt", agent: "gpt-5", url: "https://chatgpt.com/c/" },
  null,
] as const;

/** Draws numbers below a bound; the same ones for the same seed, so that the sample is the same each time. */
export function drawing(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/**
 * What was remembered of a life, in the order in which it happened.
 *
 * @param from - Unix milliseconds, as `until`.
 */
export function life(from: number, until: number): MemoryInput[] {
  const draw = drawing(7);
  const told = SCOPES.flatMap((scope) => [
    ...FACTS[scope].map((text) => ({ scope, text, type: "semantic" as const })),
    ...EVENTS[scope].flatMap(([sentence, places]) =>
      places.map((place) => ({ scope, text: sentence.replace("{}", place), type: "episodic" as const })),
    ),
  ]);
  const all = shuffled(told, draw);
  const step = (until - from) / all.length;
  return all.map((memory, at) => ({
    ...memory,
    ...sourced(draw),
    createdAt: Math.round(from + at * step + draw(Math.round(step))),
    tags: tagged(memory.scope, draw),
    importance: memory.type === "semantic" ? 40 + draw(60) : 10 + draw(60),
    ...(memory.type === "episodic" && draw(12) === 0 ? { validUntil: until + (30 + draw(300)) * DAY } : {}),
  }));
}

const shuffled = <T>(items: readonly T[], draw: (bound: number) => number): T[] =>
  items
    .map((item) => ({ item, place: draw(2 ** 30) }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);

/** Milliseconds of a day. */
export const DAY = 86_400_000;

function sourced(draw: (bound: number) => number): Pick<MemoryInput, "source"> {
  const source = SOURCES[draw(SOURCES.length)] ?? null;
  if (source === null) return {};
  const thread = `${source.tool}-${String(1_000 + draw(40))}`;
  const url = source.url === null ? null : source.url + thread;
  return { source: { tool: source.tool, agent: source.agent, thread, url } };
}

function tagged(scope: Scope, draw: (bound: number) => number): string[] {
  const offered = TAGS[scope];
  const tags = [offered[draw(offered.length)], ...(draw(3) === 0 ? [offered[draw(offered.length)]] : [])];
  return [...new Set(tags.filter((tag) => tag !== undefined))];
}
