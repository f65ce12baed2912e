/** The words to be typed: "words 3, 11 and 20". */
export const placesText = (places: readonly number[]): string => {
  const last = places.at(-1);
  return places.length < 2
    ? `word ${String(last ?? "")}`
    : `words ${places.slice(0, -1).join(", ")} and ${String(last)}`;
};
