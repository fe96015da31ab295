package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.nn.data.SampleKey;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where a training run stands, besides its tensors: with it a resumed run goes on to the same bits.
 * Schedules need the step only.
 *
 * @param step optimiser steps done
 * @param next the sample that the data loader delivers next
 * @param rngs seed and position of each random stream by name
 */
public record StepState(long step, SampleKey next, Map<String, Stream> rngs) {
  /** Seed and position of a random stream. */
  public record Stream(long seed, long position) {}

  public StepState {
    rngs = Collections.unmodifiableMap(new TreeMap<>(rngs));
  }

  /** The state now. */
  public static StepState of(long step, SampleKey next, Map<String, Rng> rngs) {
    Map<String, Stream> streams = new TreeMap<>();
    rngs.forEach((name, r) -> streams.put(name, new Stream(r.seed(), r.position())));
    return new StepState(step, next, streams);
  }

  /**
   * Sets random streams back to where they were.
   *
   * @throws CheckpointException when a stream is not in the state or had another seed
   */
  public void restore(Map<String, Rng> streams) {
    streams.forEach(
        (name, r) -> {
          Stream s = rngs.get(name);
          if (s == null || s.seed() != r.seed()) {
            throw new CheckpointException(
                "The checkpoint's random stream '"
                    + name
                    + "' is "
                    + s
                    + ", but this run has seed "
                    + r.seed()
                    + "; resume with the seed of the original run.");
          }
          r.position(s.position());
        });
  }

  /** As JSON, for {@link Checkpoint.Writer#state}. */
  public ObjectNode toJson() {
    ObjectNode n = new ObjectMapper().createObjectNode();
    n.put("step", step)
        .put("seed", next.seed())
        .put("epoch", next.epoch())
        .put("position", next.index());
    ObjectNode streams = n.putObject("rngs");
    rngs.forEach(
        (name, s) -> streams.putObject(name).put("seed", s.seed()).put("position", s.position()));
    return n;
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws CheckpointException when a field is missing or is no integer
   */
  public static StepState fromJson(JsonNode n) {
    Map<String, Stream> streams = new TreeMap<>();
    n.path("rngs")
        .fields()
        .forEachRemaining(
            f ->
                streams.put(
                    f.getKey(),
                    new Stream(number(f.getValue(), "seed"), number(f.getValue(), "position"))));
    SampleKey next = new SampleKey(number(n, "seed"), count(n, "epoch"), count(n, "position"));
    return new StepState(number(n, "step"), next, streams);
  }

  private static long number(JsonNode n, String field) {
    JsonNode v = n.path(field);
    if (!v.isIntegralNumber() || !v.canConvertToLong()) {
      throw new CheckpointException(
          "The checkpoint's training state has no integer '" + field + "': found " + v + ".");
    }
    return v.longValue();
  }

  private static int count(JsonNode n, String field) {
    long v = number(n, field);
    if (v < 0 || v > Integer.MAX_VALUE) {
      throw new CheckpointException(
          "The checkpoint's training state has '" + field + "' " + v + ", which cannot be.");
    }
    return (int) v;
  }
}
