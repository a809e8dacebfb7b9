export interface Recent<Value> {
  get(key: string): Value | undefined;
  put(key: string, value: Value, weight: number): void;
}

/** Keeps what was used last: as much of it as all together weighs no more than `weightMax`. */
export function keepRecent<Value>(weightMax: number): Recent<Value> {
  // A map goes through its entries in the order of their coming.
  const kept = new Map<string, { value: Value; weight: number }>();
  let total = 0;

  const remove = (key: string) => {
    total -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (!found) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    put(key, value, weight) {
      remove(key);
      kept.set(key, { value, weight });
      total += weight;
      for (const oldest of kept.keys()) {
        if (total <= weightMax) return;
        remove(oldest);
      }
    },
  };
}
