package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * The random streams that a captured step draws from. Its launches hold the positions of the
 * recording and add what is in device memory: how far each stream has moved since. So each run
 * draws what the step would have drawn had it run without a graph.
 */
final class RecordedStreams {
  /** For steps that draw nothing. */
  static final RecordedStreams NONE = new RecordedStreams();

  private final List<Rng> streams;
  private final long[] begun;
  private final long[] taken;
  private final Tensor moved;

  private RecordedStreams() {
    streams = List.of();
    begun = new long[0];
    taken = begun;
    moved = null;
  }

  /** Before the recording. */
  private RecordedStreams(CudaBackend cuda, List<Rng> streams) {
    this.streams = List.copyOf(streams);
    begun = streams.stream().mapToLong(Rng::position).toArray();
    taken = new long[begun.length];
    try (Scope s = Scope.open()) {
      // A 64-bit number is two of 32 bits, the lower first.
      moved = Tensor.of(Device.of(cuda), new int[2 * begun.length], 2 * begun.length).share();
    }
  }

  /**
   * Streams as they are before the recording.
   *
   * @throws NotCapturableException when two have the same seed, by which launches tell them apart
   */
  static RecordedStreams of(CudaBackend cuda, List<Rng> streams) {
    if (streams.isEmpty()) {
      return NONE;
    }
    if (streams.stream().mapToLong(Rng::seed).distinct().count() < streams.size()) {
      throw new NotCapturableException("two of the step's random streams have the same seed");
    }
    return new RecordedStreams(cuda, streams);
  }

  boolean holds(long seed) {
    return streams.stream().anyMatch(r -> r.seed() == seed);
  }

  /** Where on the device the stream's way since the recording is. */
  long address(CudaBackend cuda, long seed) {
    int i = 0;
    while (streams.get(i).seed() != seed) {
      i++;
    }
    return cuda.address(moved) + (long) i * Long.BYTES;
  }

  /** After the recording, which ran nothing: the next run draws what it drew. */
  void recorded() {
    for (int i = 0; i < taken.length; i++) {
      taken[i] = streams.get(i).position() - begun[i];
    }
    restore();
  }

  /** Sets the streams back to where they were before the recording. */
  void restore() {
    for (int i = 0; i < begun.length; i++) {
      streams.get(i).position(begun[i]);
    }
  }

  /** Before a run: the device learns where the streams are, and they move on. */
  void advance() {
    if (moved == null) {
      return;
    }
    int[] words = new int[2 * begun.length];
    for (int i = 0; i < begun.length; i++) {
      long way = streams.get(i).take(taken[i]) - begun[i];
      words[2 * i] = (int) way;
      words[2 * i + 1] = (int) (way >>> 32);
    }
    moved.copyFrom(words);
  }

  void free() {
    if (moved != null) {
      moved.free();
    }
  }
}
