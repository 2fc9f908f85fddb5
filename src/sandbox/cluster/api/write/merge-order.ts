/** The order of a merged list: items of the patch as the patch has them, others where they stood on the server. */

/**
 * Sorts a merged list. Items that the patch names keep the patch's order, the others the server's; where both have a
 * place on the server, that decides, and what is new comes as early as it can.
 */
export function orderMerged(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  same: (a: unknown, b: unknown) => boolean,
): unknown[] {
  const place = (order: readonly unknown[], item: unknown) => order.findIndex((one) => same(one, item));
  const sorted = (items: unknown[], order: readonly unknown[]) =>
    items.toSorted((a, b) => place(order, a) - place(order, b));
  const named = sorted(
    merged.filter((item) => place(patchOrder, item) >= 0),
    patchOrder,
  );
  const others = sorted(
    merged.filter((item) => place(patchOrder, item) < 0),
    serverOrder,
  );
  const result: unknown[] = [];
  for (;;) {
    const [left, right] = [others[0], named[0]];
    if (others.length === 0) return [...result, ...named];
    if (named.length === 0) return [...result, ...others];
    const [leftPlace, rightPlace] = [place(serverOrder, left), place(serverOrder, right)];
    const leftFirst = leftPlace >= 0 && rightPlace >= 0 && leftPlace < rightPlace;
    result.push(leftFirst ? others.shift() : named.shift());
  }
}
