package io.med3dinsight.nn.data;

/**
 * Where samples come from. Called by several threads at once.
 *
 * @param <T> a sample or a whole batch, in host memory
 */
public interface SampleSource<T> {
  /**
   * Loads and augments one sample, a function of {@code key} alone.
   *
   * @throws Exception when the sample cannot be loaded; the loader wraps it in a {@link
   *     SampleException} that names the case
   */
  T load(SampleKey key) throws Exception;

  /** The case's name for messages, such as its file. */
  String describe(SampleKey key);
}
