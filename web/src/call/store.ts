/** A value that components follow with useSyncExternalStore. */
export class Store<T extends object> {
  private readonly listeners = new Set<() => void>();

  constructor(protected model: T) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): T => this.model;

  protected set(change: Partial<T>): void {
    this.model = { ...this.model, ...change };
    this.listeners.forEach((listener) => listener());
  }
}
