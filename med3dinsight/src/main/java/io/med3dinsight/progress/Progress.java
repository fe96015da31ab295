package io.med3dinsight.progress;

/** Where long work tells how far it is. Implementations may be called from any thread. */
public interface Progress {
  /** Tells nobody. */
  Progress NONE = new Silent();

  /**
   * Begins a piece of work. Several may be open at a time.
   *
   * @param name what is being done, such as {@code pretrain}
   * @param total number of steps; 0 when unknown
   * @param unit what one step is, such as {@code batches}
   */
  Task start(String name, long total, String unit);

  /** Tells one line, without disturbing the tasks that are shown. */
  void say(String line);

  /** One piece of work. Closing it says that it ended, finished or not. */
  interface Task extends AutoCloseable {
    /** Goes on by {@code steps}. */
    void step(long steps);

    /** Goes on by one step. */
    default void step() {
      step(1);
    }

    /** What is shown beside the progress from now on, such as the present loss. */
    void message(String text);

    @Override
    void close();
  }
}
