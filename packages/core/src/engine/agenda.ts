/** When each of a fixed number of things is to be looked at again. */
export interface Agenda {
  /** Infinity: not by itself. */
  readonly set: (index: number, at: number) => void;
  /** The earliest time; Infinity when there is none. */
  readonly next: () => number;
  /** The earliest, whenever it is, and of those at one time the one with the lowest index; undefined: there is none. */
  readonly pop: () => number | undefined;
  /** All whose time has come, earliest first. They stand nowhere until they are set again. */
  readonly take: (now: number) => readonly number[];
}

/** Nothing is set. A binary heap in typed arrays: a hundred thousand of them take 1.6 MB, and to change one touches a handful. */
export function createAgenda(count: number): Agenda {
  const times = new Float64Array(count).fill(Infinity);
  const heap = new Int32Array(count);
  const places = new Int32Array(count).fill(-1);
  let size = 0;

  function put(index: number, place: number): void {
    heap[place] = index;
    places[index] = place;
  }
  /** Of two at one time the one with the lower index. */
  function isBefore(index: number, other: number): boolean {
    return times[index]! < times[other]! || (times[index] === times[other] && index < other);
  }
  function timeAt(place: number): number {
    return place < size ? times[heap[place]!]! : Infinity;
  }
  function up(index: number, from: number): number {
    let place = from;
    for (let above = (place - 1) >> 1; place > 0 && isBefore(index, heap[above]!); above = (place - 1) >> 1) {
      put(heap[above]!, place);
      place = above;
    }
    return place;
  }
  function down(index: number, from: number): number {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= size) return place;
      const least = left + 1 < size && isBefore(heap[left + 1]!, heap[left]!) ? left + 1 : left;
      if (!isBefore(heap[least]!, index)) return place;
      put(heap[least]!, place);
      place = least;
    }
  }
  function remove(index: number): void {
    const place = places[index]!;
    places[index] = -1;
    const last = heap[--size]!;
    if (last === index) return;
    put(last, down(last, up(last, place)));
  }

  function pop(): number | undefined {
    if (size === 0) return undefined;
    const index = heap[0]!;
    remove(index);
    return index;
  }

  return {
    pop,
    set(index, at) {
      if (places[index] !== -1) remove(index);
      times[index] = at;
      if (at === Infinity) return;
      size++;
      put(index, up(index, size - 1));
    },
    next: () => timeAt(0),
    take(now) {
      const due: number[] = [];
      while (timeAt(0) <= now) due.push(pop()!);
      return due;
    },
  };
}
